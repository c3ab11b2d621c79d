/** Group commit: whatever falls in one turn of the loop, or while a commit is under way, is committed together. */
import type { Transaction } from 'kysely';
import { isBusy, type Database } from './database.ts';
import type { Tables } from './tables.ts';

/** Runs inside a transaction that others share, and again without the one among them that failed. */
export type Job<T> = (db: Transaction<Tables>) => Promise<T>;

/** Resolves once the job's changes are durable. */
export type Commit = <T>(job: Job<T>) => Promise<T>;

interface Waiting {
  readonly run: Job<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export function groupCommit(db: Database): Commit {
  let waiting: Waiting[] = [];
  let busy = false;

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      let group: readonly Waiting[] = waiting;
      waiting = [];
      while (group.length > 0) group = await together(db, group);
    }
    busy = false;
  };

  return <T>(job: Job<T>) =>
    new Promise<T>((resolve, reject) => {
      waiting.push({ run: job, resolve: resolve as Waiting['resolve'], reject });
      if (busy) return;
      busy = true;
      setImmediate(() => void flush());
    });
}

/** @returns those that are still to be committed, because the failure was another one's alone. */
async function together(db: Database, group: readonly Waiting[]): Promise<readonly Waiting[]> {
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
    for (const [index, { resolve }] of group.entries()) resolve(results[index]);
    return [];
  } catch (error) {
    // A database that is away is away for all of them: each would wait for it again.
    const failed = running === undefined || isBusy(error) ? group : [running];
    for (const { reject } of failed) reject(error);
    return group.filter((each) => !failed.includes(each));
  }
}
