import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** What is looked for every few seconds is found without reading all that was ever done. */
export const operationsKept: Migration = {
  up: async (db) => {
    await db.schema.dropIndex('operations_closed').execute();
    await db.schema
      .createIndex('operations_kept')
      .on('operations')
      .column('closed_at')
      .where(sql.ref('sealed_input'), 'is not', null)
      .execute();
    await db.schema.createIndex('operation_calls_sent').on('operation_calls').column('sent_at').execute();
  },
};
