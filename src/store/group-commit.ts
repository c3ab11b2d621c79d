/** Group commit: whatever falls in one turn of the loop, or while no more commits may be under way, is committed together. */
import type { Transaction } from 'kysely';
import type { Database } from './database.ts';
import { isAway, isContended } from './failures.ts';
import type { Tables } from './tables.ts';

/** Runs inside a transaction that others share, and again without the one among them that failed. */
export type Job<T> = (db: Transaction<Tables>) => Promise<T>;

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

/** Measured: a second one hides the answering times of a server, more do not pay (`test/load/stores.ts`). */
const GROUPS_AT_ONCE = 2;

/** @param committed told how many jobs a commit held */
export function groupCommit(db: Database, committed: Committed = NOBODY, groupsAtOnce = GROUPS_AT_ONCE): Commit {
  const most = db.getExecutor().adapter.supportsMultipleConnections ? groupsAtOnce : 1;
  let waiting: Waiting[] = [];
  let isGathering = false;
  let underway = 0;

  const flush = async (): Promise<void> => {
    isGathering = false;
    while (waiting.length > 0) {
      let group: readonly Waiting[] = waiting.toSorted((one, other) => compare(one.place, other.place));
      waiting = [];
      while (group.length > 0) group = await together(db, group, committed);
    }
    underway -= 1;
  };

  return <T>(job: Job<T>, place = '') =>
    new Promise<T>((resolve, reject) => {
      waiting.push({ run: job, place, resolve: resolve as Waiting['resolve'], reject });
      if (isGathering || underway === most) return;
      isGathering = true;
      underway += 1;
      setImmediate(() => void flush());
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
  run = 1,
): Promise<readonly Waiting[]> {
  let running: Waiting | undefined;
  try {
    const results = await db.transaction().execute(async (transaction) => {
      const all: unknown[] = [];
      for (const each of group) {
        running = each;
        all.push(await each.run(transaction));
      }
      running = undefined;
      return all;
    });
    committed(group.length);
    for (const [index, { resolve }] of group.entries()) resolve(results[index]);
    return [];
  } catch (error) {
    if (isContended(error) && run < MAX_RUNS) return together(db, group, committed, run + 1);
    // A database that is away is away for all of them: each would wait for it again.
    const failed = running === undefined || isAway(error) || isContended(error) ? group : [running];
    for (const { reject } of failed) reject(error);
    return group.filter((each) => !failed.includes(each));
  }
}
