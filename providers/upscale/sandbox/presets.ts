import type { SandboxSequence, StoredStep } from '#sandbox';
import type { UpscaleWorld } from './worlds.ts';

/** https://www.upscaleoutreach.com/api-docs/get-sequences : the allowed values, in the order in which an id names them. */
export const DIMENSIONS = {
  sequence_length: ['short', 'medium', 'long'],
  campaign_objective: ['brand_awareness', 'event_attendance', 'meeting'],
  cadence_profile: ['rapid', 'normal', 'long_term'],
  saturated_markets: ['true', 'false'],
} as const;

export type Dimension = keyof typeof DIMENSIONS;
export type Choice = { readonly [D in Dimension]: (typeof DIMENSIONS)[D][number] };

/** `step` counts from 1; `wait_time_after` belongs to the next step. */
export type Step = {
  readonly step: number;
  readonly message_type:
    'connection_request' | 'share_material' | 'stage_ambition' | 'hiring_activity' | 'first_follow_up';
  readonly wait_time_after: string;
};

/** Nothing else exists: no name, no dates, no owner, no state. */
export type Sequence = {
  readonly id: string;
  readonly steps: readonly Step[];
};

/** One preset for each of the 54 choices. What the real ones hold is not public but for the documented example. */
export function presets(lastWait: UpscaleWorld['last_wait']): readonly Sequence[] {
  return DIMENSIONS.sequence_length.flatMap((sequence_length) =>
    DIMENSIONS.campaign_objective.flatMap((campaign_objective) =>
      DIMENSIONS.cadence_profile.flatMap((cadence_profile) =>
        DIMENSIONS.saturated_markets.map((saturated_markets) =>
          preset({ sequence_length, campaign_objective, cadence_profile, saturated_markets }, lastWait),
        ),
      ),
    ),
  );
}

/** A preset has no name: its id stands in. */
export function sandboxSequence(sequence: Sequence): SandboxSequence {
  const { id, steps } = sequence;
  const seeded = id === 'long_meeting_normal_true' ? ({ seed: 'with_steps' } as const) : {};
  return { id, name: id, num_steps: steps.length, native: sequence, ...seeded };
}

export function storedSteps({ id, steps }: Sequence): StoredStep[] {
  return steps.map((step, index) => ({
    id: `${id}:${step.step}`,
    type: step.message_type,
    delay_seconds: toSeconds(steps[index - 1]?.wait_time_after ?? NO_WAIT),
    live: true,
    native: { step },
  }));
}

const NO_WAIT = '0d 0h';

/** As printed, although a medium sequence has three steps by the table above it, and a normal cadence two to four weeks. */
const DOCUMENTED_EXAMPLE: Sequence = {
  id: 'medium_meeting_normal_false',
  steps: [
    { step: 1, message_type: 'stage_ambition', wait_time_after: '4d 0h' },
    { step: 2, message_type: 'first_follow_up', wait_time_after: '0d 0h' },
  ],
};

/** Up to four messages; a saturated market gets a connection request before them. */
const MESSAGES: Readonly<Record<Choice['campaign_objective'], readonly Step['message_type'][]>> = {
  brand_awareness: ['share_material', 'first_follow_up', 'stage_ambition', 'hiring_activity'],
  event_attendance: ['stage_ambition', 'share_material', 'first_follow_up', 'hiring_activity'],
  meeting: ['hiring_activity', 'first_follow_up', 'stage_ambition', 'share_material'],
};

/** Between one and two weeks, two and four weeks, two and three months. */
const TOTAL_HOURS: Readonly<Record<Choice['cadence_profile'], number>> = { rapid: 240, normal: 480, long_term: 1_800 };

function preset(choice: Choice, lastWait: UpscaleWorld['last_wait']): Sequence {
  const { sequence_length, campaign_objective, cadence_profile, saturated_markets } = choice;
  const id = `${sequence_length}_${campaign_objective}_${cadence_profile}_${saturated_markets}`;
  if (id === DOCUMENTED_EXAMPLE.id) return DOCUMENTED_EXAMPLE;
  const saturated = saturated_markets === 'true';
  const count = { short: 2, medium: 3, long: saturated ? 5 : 4 }[sequence_length];
  const opening: readonly Step['message_type'][] = saturated ? ['connection_request'] : [];
  const types = [...opening, ...MESSAGES[campaign_objective]].slice(0, count);
  const waits = growingWaits(TOTAL_HOURS[cadence_profile], count - 1);
  const last = lastWait === 'zero' ? NO_WAIT : '1d 0h';
  const steps = types.map((message_type, index) => ({
    step: index + 1,
    message_type,
    wait_time_after: waits[index] ?? last,
  }));
  return { id, steps };
}

/** The total in parts as one to two to three to four; the totals above divide by 1, 3, 6 and 10. */
function growingWaits(totalHours: number, count: number): readonly string[] {
  const share = totalHours / ((count * (count + 1)) / 2);
  return Array.from({ length: count }, (_, index) => {
    const hours = share * (index + 1);
    return `${Math.floor(hours / 24)}d ${hours % 24}h`;
  });
}

function toSeconds(wait: string): number {
  const [, days, hours] = /^(\d+)d (\d+)h$/.exec(wait) ?? [];
  return Number(days) * 86_400 + Number(hours) * 3_600;
}
