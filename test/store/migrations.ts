/** Migrations: several processes may start at the same time. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { startDatabase, type DatabaseLocation } from '../../src/store/database.ts';
import { DatabaseUnusable } from '../../src/store/failures.ts';
import { openStarted, type Suite } from './bench.ts';

const STARTER = fileURLToPath(new URL('starter.ts', import.meta.url));

export const migrations: Suite = ({ locate }) => {
  test('several that start at once, in processes of their own and in one, all find it whole', async () => {
    const location = await locate();
    const here = await Promise.all([
      ...[1, 2, 3].map(() => openStarted(location)),
      ...[1, 2, 3].map(() => startElsewhere(location)),
    ]);
    const opened = here.filter((each) => typeof each === 'object');
    const names = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(
      opened[0] ?? (await openStarted(location)),
    );
    expect(names.rows.map(({ name }) => name.slice(0, 4))).toEqual([
      ...new Set(names.rows.map(({ name }) => name.slice(0, 4))),
    ]);
    expect(names.rows.length).toBeGreaterThan(3);
    for (const db of opened) {
      expect(await db.selectFrom('operations').selectAll().execute()).toEqual([]);
      await db.destroy();
    }
    expect(here.filter((each) => typeof each === 'string')).toEqual(['started', 'started', 'started']);
  });

  test('a database that is newer than the gateway is refused, and stays as it is', async () => {
    const location = await locate();
    const db = await openStarted(location);
    await sql`insert into kysely_migration (name, timestamp) values ('9999_later', '2099-01-01')`.execute(db);
    await db.destroy();
    const failed = await startDatabase(location, () => undefined).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(DatabaseUnusable);
    expect(String(failed)).toMatch(/newer than this gateway: it has the migration 9999_later\. Start the version/);
  });
};

function startElsewhere(location: DatabaseLocation): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [STARTER, JSON.stringify(location)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
    child.on('error', reject);
    child.on('close', () => {
      resolve(said);
    });
  });
}
