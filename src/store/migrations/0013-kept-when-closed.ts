import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What is not closed has no place among what is kept: an operation enters it once, when it ends, and not at its beginning too. */
export const keptWhenClosed: Migration = {
  up: async (db: Kysely<unknown>) => {
    await db.schema.dropIndex('operations_kept').execute();
    await sql`
      create index operations_kept on operations (closed_at) where closed_at is not null and sealed_input is not null
    `.execute(db);
  },
};
