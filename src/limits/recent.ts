/**
 * Calls that ended within the last window's length. Whichever window a provider has open, it can only count these and the calls under
 * way: a call that ended earlier had arrived before that window began.
 */
export interface Recent {
  readonly length: number;
  /** The oldest first. */
  readonly parts: Part[];
}

/** Calls that ended at about the same time, all counted as if they had ended at the last moment of it. */
interface Part {
  units: number;
  readonly from: number;
  to: number;
}

/** Into how many parts a length is divided: a call may be counted for one part too long. */
const PARTS = 12;

export function add({ parts, length }: Recent, units: number, now: number): void {
  const last = parts.at(-1);
  if (last && now - last.from < length / PARTS) Object.assign(last, { units: last.units + units, to: now });
  else parts.push({ units, from: now, to: now });
}

/** Takes out calls that turn out not to have been sent: they are the last ones. */
export function takeBack({ parts }: Recent, units: number): void {
  const last = parts.at(-1);
  if (last && (last.units -= units) <= 0) parts.pop();
}

/** Units of those that were over at that time or later. */
export function unitsSince({ parts, length }: Recent, now: number, since = 0): number {
  while (parts[0] && parts[0].to + length <= now) parts.shift();
  return parts.reduce((sum, { units, to }) => (to < since ? sum : sum + units), 0);
}

export function lastOf({ parts }: Recent): number {
  return parts.at(-1)?.to ?? -Infinity;
}

/** When so many of them count no more; undefined where there are not as many. */
export function goneAt({ parts, length }: Recent, units: number): number | undefined {
  let left = units;
  const last = parts.find((part) => (left -= part.units) <= 0);
  return last && last.to + length;
}
