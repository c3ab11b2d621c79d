/** What every operation of this process works with. */
import type { Vault } from '../connections/vault.ts';
import type { Clock } from '../core/ports.ts';
import type { OperationStore } from '../store/operation-store.ts';
import type { RecentlyMade } from './recently-made.ts';

export interface OperationHouse {
  readonly store: OperationStore;
  readonly vault: Vault;
  readonly clock: Clock;
  /** This process. */
  readonly owner: string;
  /** What this process has made lately, also where nothing is kept of it, and by which operation. */
  readonly made: RecentlyMade;
}
