import type { Migration } from 'kysely/migration';

/** One entry may stand for many refusals. */
export const auditTimes: Migration = {
  up: async (db) => {
    await db.schema
      .alterTable('audit')
      .addColumn('times', 'integer', (column) => column.notNull().defaultTo(1))
      .execute();
  },
};
