/** Group commit: whatever falls in one turn of the loop, or while a commit is under way, is committed together. */
import type { Transaction } from 'kysely';
import type { Database } from './database.ts';
import type { Tables } from './tables.ts';

/** Runs inside a transaction that others share: what can fail by its data must not throw, but say so in its result. */
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
      const group = waiting;
      waiting = [];
      try {
        const results = await db.transaction().execute(async (transaction) => {
          const all: unknown[] = [];
          for (const { run } of group) all.push(await run(transaction));
          return all;
        });
        for (const [index, { resolve }] of group.entries()) resolve(results[index]);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
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
