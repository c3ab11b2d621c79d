/** Refused requests of one key: a few a minute are entries of their own, so that nobody fills the audit with what changes nothing. */
import type { AuditRow } from '../store/tables.ts';

export interface Refusals {
  /** Whether the row is to be written as it is; otherwise it is only counted. */
  admit(row: AuditRow): boolean;
  /** Entries for what was counted since the last time: one for each key, action and status. */
  take(): readonly AuditRow[];
}

/** So many of one key are entries of their own in each minute. */
export const REFUSALS_SHOWN = 60;
const MINUTE_MS = 60_000;

export function countRefusals(): Refusals {
  const shown = new Map<string, number>();
  let counted = new Map<string, AuditRow>();
  let begun = Number.NEGATIVE_INFINITY;
  return {
    admit: (row) => {
      // What belongs to an operation may have left something behind.
      if (row.outcome !== 'refused' || row.operation_id !== null) return true;
      if (Math.abs(row.at - begun) >= MINUTE_MS) {
        shown.clear();
        begun = row.at;
      }
      const before = shown.get(row.key_id) ?? 0;
      shown.set(row.key_id, before + 1);
      if (before < REFUSALS_SHOWN) return true;
      const alike = JSON.stringify([row.key_id, row.action, row.status]);
      const times = (counted.get(alike)?.times ?? 0) + 1;
      counted.set(alike, { ...row, target: null, customer_id: null, provider: null, times });
      return false;
    },
    take: () => {
      const rows = [...counted.values()].toSorted((one, other) => (one.id < other.id ? -1 : 1));
      counted = new Map();
      return rows;
    },
  };
}
