/**
 * Where in the audit a customer, a key or an action is: one row for each of them and stretch of time, in which the entries are then
 * looked through. An index with a row for each entry writes another page for each customer in a commit, and those pages cost more
 * than the entries.
 */
import type { AuditRow, AuditStretchRow } from './tables.ts';

/** What entries are looked for by, the rarest first. */
export const NAMED = ['customer_id', 'action', 'key_id'] as const;

/** What the ids of 4,096 milliseconds begin with. */
const BEGINNING = 10;

export function stretchOf(id: string): string {
  return id.slice(0, BEGINNING);
}

/** No id of this stretch sorts after it, and each of a later one does. */
export function endOf(stretch: string): string {
  return `${stretch}g`;
}

/** No id of this stretch sorts before it. */
export function firstIdOf(stretch: string): string {
  return `${stretch}000-7000-8000-000000000000`;
}

export interface Stretches {
  /** What these entries need and this process has not written, in the order in which every process writes it. */
  lacking(entries: readonly AuditRow[]): readonly AuditStretchRow[];
  /** They are durable. */
  written(rows: readonly AuditStretchRow[]): void;
}

/** Only the newest stretch is remembered: what is written again is passed over by the database. */
export function rememberStretches(): Stretches {
  const known = { customer_id: new Set<string>(), action: new Set<string>(), key_id: new Set<string>() };
  let newest = '';
  return {
    lacking: (entries) => {
      const rows = new Map<string, AuditStretchRow>();
      for (const entry of entries) {
        const isNewest = entry.id.startsWith(newest);
        for (const named of NAMED) {
          const value = entry[named];
          if (value === null || (isNewest && known[named].has(value))) continue;
          const stretch = stretchOf(entry.id);
          rows.set(`${named} ${value} ${stretch}`, { named, value, stretch });
        }
      }
      return [...rows].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
    },
    written: (rows) => {
      for (const { named, value, stretch } of rows) {
        if (stretch !== newest) for (const values of Object.values(known)) values.clear();
        newest = stretch;
        known[named].add(value);
      }
    },
  };
}
