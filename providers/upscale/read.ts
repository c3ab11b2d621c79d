/** Reading Upscale's presets: the wait after a step belongs to the next one. */
import { z } from 'zod';
import { unmodelled, type SequenceReading } from '#provider';

/** The parts hold underscores themselves, so the id is matched and never split. */
export const ID =
  /^(short|medium|long)_(brand_awareness|event_attendance|meeting)_(rapid|normal|long_term)_(true|false)$/;

const WAIT = /^(\d+)d (\d+)h$/;

const sequence = z.looseObject({
  id: z.string().regex(ID),
  steps: z.array(
    z.looseObject({ step: z.int().positive(), message_type: z.string(), wait_time_after: z.string().regex(WAIT) }),
  ),
});

export const listAnswer = z.object({ sequences: z.array(sequence) });

export function toSequence(native: z.infer<typeof sequence>): SequenceReading {
  const steps = native.steps.toSorted((a, b) => a.step - b.step);
  return {
    id: native.id,
    steps: steps.map((step, index) => ({
      id: `${native.id}:${step.step}`,
      word: step.message_type,
      order: step.step,
      interval_seconds: index === 0 ? 0 : seconds(steps[index - 1]?.wait_time_after ?? ''),
      unmodelled: [
        { pointer: '/message_type', value: step.message_type },
        ...unmodelled(step, ['step', 'message_type', 'wait_time_after']),
        // After the last step there is nobody to give the wait to.
        ...(index === steps.length - 1
          ? unmodelled({ wait_time_after: step.wait_time_after }, [], { wait_time_after: '0d 0h' })
          : []),
      ],
      raw: step,
    })),
    unmodelled: unmodelled(native, ['id', 'steps']),
    raw: native,
  };
}

function seconds(wait: string): number {
  const [, days = 0, hours = 0] = (WAIT.exec(wait) ?? []).map(Number);
  return days * 86_400 + hours * 3_600;
}
