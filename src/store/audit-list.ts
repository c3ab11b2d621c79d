/** A page of the audit, newest first. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { endOf, firstIdOf, NAMED, stretchOf } from './audit-stretches.ts';
import type { AuditRow, Database } from './tables.ts';
import { firstIdAt } from './sortable-id.ts';

export interface AuditFilter {
  readonly customer_id?: string | undefined;
  readonly key_id?: string | undefined;
  readonly action?: string | undefined;
  /** Milliseconds since the epoch: from this one on, and before that one. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** An id: only what is older. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** In one statement: so many that a server is not asked for each, and so few that a file does not hold the loop for long. */
const MOST_STRETCHES = 8;
/** The same for finding out in which stretches to look. */
const MOST_NAMED = 256;
/** For one page: what has been looked through by then is answered, with where to go on. */
const MOST_FOR_A_PAGE = 8 * MOST_NAMED;

export interface AuditPage {
  readonly rows: readonly AuditRow[];
  /** There may be more before this id; absent: that is all, or as many as were asked for. */
  readonly rest?: string;
}

export async function listAudit(db: Database, filter: AuditFilter): Promise<AuditPage> {
  const { limit } = filter;
  const bounds = boundsOf(filter);
  const stretches = stretchesOf(db, filter, bounds);
  if (stretches === undefined) return { rows: await entriesOf(db, filter, bounds).limit(limit).execute() };
  const found: AuditRow[] = [];
  let end = bounds.end;
  for (let named = 0; named < MOST_FOR_A_PAGE; named += MOST_NAMED) {
    const some = await stretches.where('stretch', '<', end).limit(MOST_NAMED).execute();
    const fitting = some.flatMap(({ stretch, fits }) => (fits ? [stretch] : []));
    // The first stretch is mostly enough; doubling the number looks through at most twice as much as is needed.
    for (let [at, count] = [0, 1]; at < fitting.length; at += count, count = Math.min(2 * count, MOST_STRETCHES)) {
      const left = limit - found.length;
      found.push(
        ...(await within(db, filter, bounds, fitting.slice(at, at + count))
          .limit(left)
          .execute()),
      );
      if (found.length === limit) return { rows: found };
      await nextTurn();
    }
    const last = some.at(-1);
    if (last === undefined || some.length < MOST_NAMED) return { rows: found };
    end = last.stretch;
    await nextTurn();
  }
  return { rows: found, rest: firstIdOf(end) };
}

/** What is in these stretches, in the order of the list. */
function within(db: Database, filter: AuditFilter, bounds: Bounds, stretches: readonly string[]) {
  const [first, ...others] = stretches.map((stretch) => {
    const own = { start: larger(bounds.start, stretch), end: smaller(bounds.end, endOf(stretch)) };
    return db.selectFrom(entriesOf(db, filter, own).limit(filter.limit).as('part')).selectAll();
  });
  if (first === undefined) throw new TypeError('There is no stretch to look through.');
  const parts = others.reduce((before, part) => before.unionAll(part), first).as('parts');
  return db.selectFrom(parts).selectAll().orderBy('id', 'desc');
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

/** Those of the rarest that is named, and whether there is each of the others too, if not in one entry. @returns undefined where nothing is named. */
function stretchesOf(db: Database, filter: AuditFilter, { start }: Bounds) {
  const [first, ...others] = asked(filter);
  if (first === undefined) return undefined;
  return db
    .selectFrom('audit_stretches')
    .select('stretch')
    .select((is) =>
      is
        .and(
          others.map(({ named, value }) =>
            is.exists(
              is
                .selectFrom('audit_stretches as other')
                .select('other.stretch')
                .where('other.named', '=', named)
                .where('other.value', '=', value)
                .whereRef('other.stretch', '=', 'audit_stretches.stretch'),
            ),
          ),
        )
        .as('fits'),
    )
    .where('named', '=', first.named)
    .where('value', '=', first.value)
    .where('stretch', '>=', stretchOf(start))
    .orderBy('stretch', 'desc');
}

function asked(filter: AuditFilter) {
  return NAMED.flatMap((named) => {
    const value = filter[named];
    return value === undefined ? [] : [{ named, value }];
  });
}
