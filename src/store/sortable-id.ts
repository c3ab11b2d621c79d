/** Ids that sort by time: UUIDs of version 7 (RFC 9562), with a count and the process in the place of random bits. */
import { randomUUID } from 'node:crypto';

/** Told from other processes by 48 random bits, so that an id costs none of its own. */
const PROCESS = randomUUID().slice(-12);
const COUNTS = 0x1000000;

/** It runs on over the milliseconds: a clock that is set back does not make the same id again. */
let count = 0;
let last = { at: -1, text: '' };

/** Unique, and no secret. @param at milliseconds since the epoch. */
export function sortableId(at: number): string {
  if (at !== last.at) last = { at, text: timePart(at) };
  count = (count + 1) % COUNTS;
  const counted = (COUNTS + count).toString(16);
  return `${last.text}-7${counted.slice(1, 4)}-8${counted.slice(4)}-${PROCESS}`;
}

/** No id of this time or later sorts before it. */
export function firstIdAt(at: number): string {
  return `${timePart(at)}-7000-8000-000000000000`;
}

function timePart(at: number): string {
  const time = Math.max(0, Math.floor(at)).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}`;
}
