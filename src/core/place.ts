/** Time: where each step comes to lie in the provider's own units, never earlier than asked. */
import type { Timing } from '../model/create-steps.ts';
import type { StepType } from '../model/step.ts';

const DAY = 86_400;

export interface Placed {
  /** Seconds after the start of the sequence, as applied. */
  readonly start_seconds: number;
  /** Seconds after the previous step, as applied: never less than asked. */
  readonly interval_seconds: number;
}

/**
 * Places steps one after the other. Each starts at the applied start of the one before it plus the seconds asked for,
 * rounded up to the next time that the provider can keep for its type.
 */
export function place(
  timing: Timing,
  steps: readonly { readonly type: StepType; readonly asked: number }[],
): readonly Placed[] {
  const placed: Placed[] = [];
  let previous = 0;
  for (const { type, asked } of steps) {
    // Whole seconds first: a fraction that is small enough would be lost in the sum or in the division.
    const start = startOf(timing, type, previous, Math.ceil(asked));
    placed.push({ start_seconds: start, interval_seconds: start - previous });
    previous = start;
  }
  return placed;
}

function startOf(timing: Timing, type: StepType, previous: number, asked: number): number {
  if (timing.measure === 'from_previous') return previous + roundUp(asked, timing.granularity);
  const wanted = previous + asked;
  const day = Math.floor(wanted / DAY) * DAY;
  const intoDay = timing.into_day[type] ?? { max: 0, granularity: 1 };
  const rest = roundUp(wanted - day, intoDay.granularity);
  return rest <= intoDay.max ? day + rest : day + DAY;
}

function roundUp(value: number, granularity: number): number {
  return Math.ceil(value / granularity) * granularity;
}

/** `90000 s (1 d 1 h)`, for people. */
export function describeSeconds(seconds: number): string {
  const parts: string[] = [];
  let rest = Math.floor(seconds);
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${String(count)} ${unit}`);
    rest -= count * size;
  }
  return seconds < 60 ? `${String(seconds)} s` : `${String(seconds)} s (${parts.join(' ')})`;
}

const UNITS = [
  ['d', DAY],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;
