/** Numbers of several rounds as one, and how they are shown. */

/** @param sorted ascending. */
export function percentile(sorted: ArrayLike<number>, part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** The median, with the least and the most where there are several: `1.42 (1.38-1.51)`. */
export function spread(values: readonly number[], digits = 2): string {
  const shown = (value: number): string => (Number.isFinite(value) ? grouped(value, digits) : '-');
  const middle = shown(median(values));
  return values.length < 2 ? middle : `${middle} (${shown(Math.min(...values))}-${shown(Math.max(...values))})`;
}

export function spreadOf<T>(all: readonly T[], of: (each: T) => number, digits = 2): string {
  return spread(all.map(of), digits);
}

function grouped(value: number, digits: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
