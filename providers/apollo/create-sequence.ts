/** Creating an Apollo sequence: one documented call, with everything nested. https://docs.apollo.io/reference/create-sequence */
import { z } from 'zod';
import { largestUnit, type Send } from '#provider';
import { WAIT_MODES } from './calls.ts';
import type { Step } from './facts.ts';
import { id, noError } from './responses.ts';
import { sequenceMade } from './settle.ts';

interface Plan {
  readonly sequence: {
    readonly name: string;
    readonly tags?: readonly string[];
    readonly custom_fields: Readonly<Record<string, unknown>>;
  };
  readonly steps: readonly Step[];
}

/** The new id is that of the campaign; the root has none. */
const createdAnswer = z.object({
  ...noError,
  emailer_campaign: z.object({ id }),
  emailer_steps: z.array(z.object({ id, position: z.int() })),
});

export async function postSequence({ sequence, steps }: Plan, send: Send) {
  const { emailer_campaign: made, emailer_steps: made_steps } = await send.post(['sequences'], {
    body: {
      name: sequence.name,
      // Activation is an action of its own.
      active: false,
      ...(sequence.tags ? { label_names: sequence.tags } : {}),
      ...(steps.length > 0 ? { emailer_steps: steps.map(toStep) } : {}),
    },
    custom: [
      { at: [], values: sequence.custom_fields, from: '/custom_fields', step: -1 },
      ...steps.flatMap((step, index) => customFields(step, index)),
    ],
    response: createdAnswer,
    sample: {
      emailer_campaign: { id: '0' },
      emailer_steps: steps.map((_, index) => ({ id: '0', position: index + 1 })),
    },
    creates: { kind: 'emailer_campaign', id: (answer) => answer.emailer_campaign.id },
    if_unknown: sequenceMade,
  });
  const inOrder = made_steps.toSorted((a, b) => a.position - b.position);
  return { id: made.id, steps: inOrder.length === steps.length ? inOrder.map((step) => ({ id: step.id })) : [] };
}

function toStep(step: Step) {
  const { unit, count } = largestUnit(step.interval_seconds ?? 0, WAIT_MODES);
  return {
    type: step.word,
    wait_time: count,
    wait_mode: unit,
    ...(step.task_note === undefined ? {} : { note: step.task_note }),
    ...(step.template?.body === undefined ? {} : { emailer_touches: [toTouch(step)] }),
  };
}

/** Approved, so that activating the sequence sends it. */
function toTouch({ is_reply, template }: Step) {
  // A reply leaves the subject empty and takes that of its thread.
  const subject = is_reply ? { subject: '' } : template?.subject === undefined ? {} : { subject: template.subject };
  return {
    type: is_reply ? 'reply_to_thread' : 'new_thread',
    status: 'approved',
    emailer_template: { ...subject, body_html: template?.body },
  };
}

function customFields({ custom_fields, template }: Step, index: number) {
  const at = ['emailer_steps', index];
  const inTemplate = template?.custom_fields ?? {};
  return [
    { at, values: custom_fields, from: '/custom_fields', step: index },
    ...(template?.body === undefined
      ? []
      : [
          {
            at: [...at, 'emailer_touches', 0, 'emailer_template'],
            values: inTemplate,
            from: '/template/custom_fields',
            step: index,
          },
        ]),
  ];
}
