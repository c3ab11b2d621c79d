/**
 * The recommended sequences: data, one for each combination of length, objective, cadence and market. They follow the
 * table of https://www.upscaleoutreach.com/api-docs/get-sequences (short 1-2 steps, medium 3, long 4-5; rapid 1-2 weeks,
 * normal 2-4 weeks, long_term 2-3 months; a connection request in saturated markets and in no other). The example on that
 * page, a medium sequence of two steps, does not.
 */
import type { StepRecord } from '../model/step.ts';
import sequences from './sequences.json' with { type: 'json' };

export interface RecommendedSequence {
  readonly id: string;
  readonly steps: readonly { readonly step: number; readonly message_type: string; readonly wait_time_after: string }[];
}

export const CATALOGUE: readonly RecommendedSequence[] = sequences;

/** The dimensions in the order in which an id has them, each with the value that stands in for an omitted one. */
export const DEFAULTS = {
  sequence_length: 'medium',
  campaign_objective: 'meeting',
  cadence_profile: 'normal',
  saturated_markets: 'false',
} as const;

export type Dimension = keyof typeof DEFAULTS;
export const DIMENSIONS = Object.keys(DEFAULTS) as Dimension[];

const ID = /^(short|medium|long)_(brand_awareness|event_attendance|meeting)_(rapid|normal|long_term)_(true|false)$/;

/** All sequences without a filter; with one, all four dimensions filter. A value that nobody knows matches nothing. */
export function recommend(filters: Readonly<Partial<Record<Dimension, string>>>): readonly RecommendedSequence[] {
  if (DIMENSIONS.every((dimension) => filters[dimension] === undefined)) return CATALOGUE;
  const wanted = DIMENSIONS.map((dimension) => {
    const value = filters[dimension];
    return value === undefined || value === 'default' ? DEFAULTS[dimension] : value;
  });
  // Values hold underscores themselves: an id is matched part by part.
  return CATALOGUE.filter(({ id }) =>
    ID.exec(id)
      ?.slice(1)
      .every((part, index) => part === wanted[index]),
  );
}

const TYPES: Readonly<Record<string, StepRecord['type']>> = { connection_request: 'linkedin_send_connection_request' };
const WAIT = /^(\d+)d (\d+)h$/;

/** The steps of a recommended sequence as records: the wait after a step belongs to the next one; the note says what to write. */
export function recommendedSteps(id: string): readonly StepRecord[] | undefined {
  const found = CATALOGUE.find((sequence) => sequence.id === id);
  return found?.steps.map(({ message_type }, index) => ({
    type: TYPES[message_type] ?? 'linkedin_send_message',
    interval_seconds: index === 0 ? 0 : seconds(found.steps[index - 1]?.wait_time_after ?? ''),
    task_note: `LinkedIn: ${message_type.replaceAll('_', ' ')}`,
  }));
}

function seconds(wait: string): number {
  const [, days = 0, hours = 0] = (WAIT.exec(wait) ?? []).map(Number);
  return days * 86_400 + hours * 3_600;
}
