/** Whether a gateway that does not share its SQLite file is alone on it: told by a lock, which ends with the process however that ends. */
import { DatabaseSync } from 'node:sqlite';
import { isBusy } from './failures.ts';
import { isInMemory, ownerOnly } from './sqlite.ts';

export interface Claim {
  /** Whether nobody else works on the file, or all of them share it. */
  readonly isHeld: boolean;
  release(): void;
}

/** Those that share hold a lock that others may hold too; one that does not share holds it alone. A folder that takes no file claims nothing. */
export function claimSqlite(file: string, isShared: boolean): Claim {
  if (isInMemory(file)) return { isHeld: true, release: () => undefined };
  let lock: DatabaseSync | undefined;
  const release = (): void => {
    lock?.close();
    lock = undefined;
  };
  try {
    const beside = `${file}-in-use`;
    ownerOnly(beside);
    lock = new DatabaseSync(beside);
    lock.exec('pragma journal_mode=memory');
    lock.exec(isShared ? 'begin; select count(*) from sqlite_master' : 'begin exclusive');
    return { isHeld: true, release };
  } catch (error) {
    release();
    return { isHeld: !isBusy(error), release };
  }
}
