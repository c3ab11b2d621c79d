import { sql, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** A write dirties fewer pages: what is not closed has no place among what is kept, and a call lies where its key does. */
export const journalPages: Migration = {
  up: async (db: Kysely<unknown>) => {
    await db.schema.dropIndex('operations_kept').execute();
    await sql`create index operations_kept on operations (closed_at) where closed_at is not null and sealed_input is not null`.execute(
      db,
    );
  },
};
