/** A page of the audit, newest first. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AuditFilter } from './audit-store.ts';
import { endOf, NAMED, stretchOf } from './audit-stretches.ts';
import type { Database } from './database.ts';
import { firstIdAt } from './sortable-id.ts';
import type { AuditRow } from './tables.ts';

/** In one statement: so many that a server is not asked for each, and so few that a file does not hold the loop for long. */
const MOST_STRETCHES = 8;

export async function listAudit(db: Database, filter: AuditFilter): Promise<readonly AuditRow[]> {
  const { limit } = filter;
  const bounds = boundsOf(filter);
  const stretches = stretchesOf(db, filter, bounds);
  if (stretches === undefined) return entriesOf(db, filter, bounds).limit(limit).execute();
  const found: AuditRow[] = [];
  let end = bounds.end;
  // The first stretch is mostly enough; doubling the number looks through at most twice as much as is needed.
  for (let count = 1; ; count = Math.min(2 * count, MOST_STRETCHES)) {
    const some = await stretches.where('stretch', '<', end).limit(count).execute();
    const [first, ...others] = some.map(({ stretch }) => {
      const within = { start: larger(bounds.start, stretch), end: smaller(bounds.end, endOf(stretch)) };
      return db.selectFrom(entriesOf(db, filter, within).limit(limit).as('part')).selectAll();
    });
    if (first === undefined) return found;
    const parts = others.reduce((before, part) => before.unionAll(part), first).as('parts');
    const left = limit - found.length;
    found.push(...(await db.selectFrom(parts).selectAll().orderBy('id', 'desc').limit(left).execute()));
    if (found.length === limit || some.length < count) return found;
    end = some.at(-1)?.stretch ?? end;
    await nextTurn();
  }
}

/** From `start` on, and before `end`. One condition for each side: of two, a database may use the wider one for its index and read far too much. */
interface Bounds {
  readonly start: string;
  readonly end: string;
}

function boundsOf({ since, until, before }: AuditFilter): Bounds {
  const end = smaller(before ?? endOf(''), until === undefined ? endOf('') : firstIdAt(until));
  return { start: since === undefined ? '' : firstIdAt(since), end };
}

function smaller(one: string, other: string): string {
  return one < other ? one : other;
}

function larger(one: string, other: string): string {
  return one < other ? other : one;
}

function entriesOf(db: Database, filter: AuditFilter, { start, end }: Bounds) {
  let query = db.selectFrom('audit').selectAll().where('id', '>=', start).where('id', '<', end).orderBy('id', 'desc');
  for (const { named, value } of asked(filter)) query = query.where(named, '=', value);
  return query;
}

/** Those in which there is each of what is asked for, if not in one entry. @returns undefined where nothing is named. */
function stretchesOf(db: Database, filter: AuditFilter, { start }: Bounds) {
  const [first, ...others] = asked(filter);
  if (first === undefined) return undefined;
  let query = db
    .selectFrom('audit_stretches')
    .select('stretch')
    .where('named', '=', first.named)
    .where('value', '=', first.value)
    .where('stretch', '>=', stretchOf(start))
    .orderBy('stretch', 'desc');
  for (const { named, value } of others)
    query = query.where((is) =>
      is.exists(
        is
          .selectFrom('audit_stretches as other')
          .select('other.stretch')
          .where('other.named', '=', named)
          .where('other.value', '=', value)
          .whereRef('other.stretch', '=', 'audit_stretches.stretch'),
      ),
    );
  return query;
}

function asked(filter: AuditFilter) {
  return NAMED.flatMap((named) => {
    const value = filter[named];
    return value === undefined ? [] : [{ named, value }];
  });
}
