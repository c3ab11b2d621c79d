/** Ids that sort by time: UUIDs of version 7 (RFC 9562), with a count within the millisecond. */
import { randomUUID } from 'node:crypto';

const COUNTS = 0x1000000;
let last = { at: 0, count: 0 };

/** @param at milliseconds since the epoch. */
export function sortableId(at: number): string {
  last = { at, count: at === last.at ? (last.count + 1) % COUNTS : 0 };
  const count = last.count.toString(16).padStart(6, '0');
  return `${timePart(at)}-7${count.slice(0, 3)}-8${count.slice(3)}-${randomUUID().slice(24)}`;
}

/** No id of this time or later sorts before it. */
export function firstIdAt(at: number): string {
  return `${timePart(at)}-7000-8000-000000000000`;
}

function timePart(at: number): string {
  const time = Math.max(0, Math.floor(at)).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}`;
}
