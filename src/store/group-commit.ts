/**
 * Group commit: whatever falls in the same turns of the loop, or while no more commits may be under way, is committed together. A
 * group is closed by a turn in which nobody has come.
 */
import { CompiledQuery, type Compilable, type QueryResult } from 'kysely';
import type { Database } from './tables.ts';
import { isAway, isContended } from './failures.ts';

/** Runs a query in the transaction. */
export type Run = <R>(query: Compilable<R>) => Promise<QueryResult<R>>;

/** Runs inside a transaction that others share, and again without the one among them that failed. */
export type Job<T> = (run: Run) => Promise<T>;

/**
 * Resolves once the job's changes are durable. The jobs of a group run in the order of their places: two processes that come to
 * the same rows come to them in the same order, and neither waits for the other while the other waits for it.
 */
export type Commit = <T>(job: Job<T>, place?: string) => Promise<T>;

export type Committed = (jobs: number) => void;

const NOBODY: Committed = () => undefined;

interface Waiting {
  readonly place: string;
  readonly run: Job<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** However many come: who came first does not wait for all of them. */
const MOST_TURNS = 4;

/** Measured: a second one hides the answering times of a server, more do not pay (`test/load/stores.ts`). */
const GROUPS_AT_ONCE = 2;

/** @param committed told how many jobs a commit held */
export function groupCommit(db: Database, committed: Committed = NOBODY, groupsAtOnce = GROUPS_AT_ONCE): Commit {
  const most = db.getExecutor().adapter.supportsMultipleConnections ? groupsAtOnce : 1;
  let waiting: Waiting[] = [];
  let isGathering = false;
  let underway = 0;

  const gather = (turns = MOST_TURNS): void => {
    isGathering = true;
    const before = waiting.length;
    setImmediate(() => {
      if (waiting.length > before && turns > 1) gather(turns - 1);
      else {
        isGathering = false;
        void flush();
      }
    });
  };
  const flush = async (): Promise<void> => {
    let group: readonly Waiting[] = waiting.toSorted((one, other) => compare(one.place, other.place));
    waiting = [];
    while (group.length > 0) group = await together(db, group, committed);
    if (waiting.length > 0 && !isGathering) gather();
    else underway -= 1;
  };

  return <T>(job: Job<T>, place = '') =>
    new Promise<T>((resolve, reject) => {
      waiting.push({ run: job, place, resolve: resolve as Waiting['resolve'], reject });
      if (isGathering || underway === most) return;
      underway += 1;
      gather();
    });
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** How often a group is run that another transaction has undone. */
const MAX_RUNS = 5;

/** @returns those that are still to be committed, because the failure was another one's alone. */
async function together(
  db: Database,
  group: readonly Waiting[],
  committed: Committed,
  runs = 1,
): Promise<readonly Waiting[]> {
  let running: Waiting | undefined;
  try {
    const results = await inTransaction(db, async (run) => {
      const all: unknown[] = [];
      for (const each of group) {
        running = each;
        all.push(await each.run(run));
      }
      running = undefined;
      return all;
    });
    committed(group.length);
    for (const [index, { resolve }] of group.entries()) resolve(results[index]);
    return [];
  } catch (error) {
    if (isContended(error) && runs < MAX_RUNS) return together(db, group, committed, runs + 1);
    // A database that is away is away for all of them: each would wait for it again.
    const failed = running === undefined || isAway(error) || isContended(error) ? group : [running];
    for (const { reject } of failed) reject(error);
    return group.filter((each) => !failed.includes(each));
  }
}

const BEGIN = CompiledQuery.raw('begin');
const COMMIT = CompiledQuery.raw('commit');
const ROLLBACK = CompiledQuery.raw('rollback');

/** On the connection itself: what Kysely's own transactions put around each query costs more than most of the queries. */
function inTransaction<T>(db: Database, work: Job<T>): Promise<T> {
  return db.getExecutor().provideConnection(async (connection) => {
    await connection.executeQuery(BEGIN);
    try {
      const result = await work((query) => connection.executeQuery(query.compile()));
      await connection.executeQuery(COMMIT);
      return result;
    } catch (error) {
      // SQLite has undone it already where its disk is full, and has nothing to undo then.
      await connection.executeQuery(ROLLBACK).catch(() => undefined);
      throw error;
    }
  });
}
