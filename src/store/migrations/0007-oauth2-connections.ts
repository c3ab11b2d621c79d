import type { Migration } from 'kysely/migration';

/** What an oauth2 connection needs beside its sealed pair: who renews it, when that was sent, and what came of it. */
export const oauth2Connections: Migration = {
  up: async (db) => {
    // One at a time: SQLite adds no two columns in one statement.
    const texts = ['reauth_reason', 'refresh_owner', 'refresh_failure'] as const;
    const times = ['minted_at', 'refused_at', 'refresh_sent_at', 'refresh_not_before', 'refresh_lost_at'] as const;
    for (const name of texts) await db.schema.alterTable('connections').addColumn(name, 'text').execute();
    for (const name of times) await db.schema.alterTable('connections').addColumn(name, 'bigint').execute();
    for (const name of ['credentials_id', 'consent_id'])
      await db.schema
        .alterTable('connections')
        .addColumn(name, 'text', (column) => column.notNull().defaultTo(''))
        .execute();
    await db.schema
      .alterTable('connections')
      .addColumn('refresh_until', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
    await db.schema.createIndex('connections_minted').on('connections').columns(['provider', 'minted_at']).execute();
  },
};
