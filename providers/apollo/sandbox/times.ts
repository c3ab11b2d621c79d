/**
 * When a step runs: `exact_datetime` is "needed on each step when sequence_by_exact_daytime; future and increasing"
 * (https://docs.apollo.io/reference/create-sequence, 2026-08).
 */
interface Timed {
  readonly position: number;
  readonly exact_datetime?: string | null | undefined;
}

/** What is wrong with the exact time of a step beside the others; `byDate` is whether its sequence goes by them. */
export function wrongTime(step: Timed, others: readonly Timed[], byDate: boolean, now: number): string | undefined {
  if (!byDate) return undefined;
  const time = timeOf(step);
  if (time === undefined) return 'exact_datetime must not be empty';
  const isInOrder = others.every((other) => {
    const [before, otherTime] = [Math.sign(other.position - step.position), timeOf(other)];
    return otherTime === undefined || Math.sign(otherTime - time) === before;
  });
  return time > now && isInOrder ? undefined : 'exact_datetime must be in the future and after the step before';
}

function timeOf({ exact_datetime: date }: Timed): number | undefined {
  return typeof date === 'string' ? Date.parse(date) : undefined;
}
