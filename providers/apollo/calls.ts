/** The calls that make one Apollo step. The endpoints are seen working and are not documented. */
import { largestUnit, type Send } from '#provider';
import type { Step } from './facts.ts';
import { madeIn, messageIn } from './settle.ts';
import {
  approvedAnswer,
  doneAnswer,
  messageAnswer,
  stepAnswer,
  templateAnswer,
  touchAnswer,
  type MessageAnswer,
} from './responses.ts';

type Template = NonNullable<Step['template']>;

/** Where a step goes: positions count from 1, `index` is that of the step in the request. */
export interface Place {
  readonly sequenceId: string;
  readonly position: number;
  /** The steps that were there before. */
  readonly before: readonly string[];
  readonly index: number;
}

/** `second` was seen in 2023 and is not in the published list. */
export const WAIT_MODES = { day: 86_400, hour: 3_600, minute: 60 } as const;

/** Makes a step without content and answers with its id. */
export async function createStep(place: Place, step: Step, send: Send): Promise<string> {
  const answer = await send.post(['emailer_steps'], {
    ...stepCall(place, step),
    response: stepAnswer,
    sample: { emailer_step: { id: '0' } },
    creates: { kind: 'emailer_step', id: ({ emailer_step }) => emailer_step.id },
    undo: ({ emailer_step }) => ['emailer_steps', emailer_step.id],
    if_unknown: madeIn(place),
  });
  return answer.emailer_step.id;
}

/** Makes a step and gives the touch that Apollo makes with it its content. Answers with the id of the step. */
export async function createMessage(place: Place, step: Step, template: Template, send: Send): Promise<string> {
  const made = await send.post(['emailer_steps'], {
    ...stepCall(place, step),
    response: messageAnswer,
    sample: { emailer_step: { id: '0' }, emailer_touch: { id: '0' }, emailer_template: { id: '0' } },
    creates: { kind: 'emailer_step', id: ({ emailer_step }) => emailer_step.id },
    undo: ({ emailer_step }) => ['emailer_steps', emailer_step.id],
    if_unknown: messageIn(place),
  });
  await attachContent(made, step, template, place.index, send);
  return made.emailer_step.id;
}

/** Refused where it is so already; that is no failure. */
export async function switchCampaign(
  id: string,
  verb: 'approve' | 'abort',
  already: RegExp,
  send: Send,
): Promise<void> {
  await send.post(['emailer_campaigns', id, verb], {
    body: {},
    response: doneAnswer,
    sample: {},
    already,
    if_unknown: 'repeat',
  });
}

function stepCall({ sequenceId, position, index }: Place, step: Step) {
  const { unit, count } = largestUnit(step.interval_seconds ?? 0, WAIT_MODES);
  return {
    body: {
      emailer_campaign_id: sequenceId,
      position,
      type: step.word,
      wait_mode: unit,
      wait_time: count,
      exact_datetime: step.custom_fields['exact_datetime'] ?? null,
      note: step.task_note ?? null,
    },
    custom: [{ at: [], values: step.custom_fields, from: '/custom_fields' }],
    step: index,
  };
}

/** A touch that is left to be reviewed is never sent: one with content is approved. */
async function attachContent(
  made: MessageAnswer,
  step: Step,
  template: Template,
  index: number,
  send: Send,
): Promise<void> {
  const touchId = made.emailer_touch.id;
  const templateId = made.emailer_template.id;
  const custom = { values: template.custom_fields ?? {}, from: '/template/custom_fields' };
  const content = {
    ...(template.subject === undefined ? {} : { subject: template.subject }),
    body_html: template.body,
  };
  if (template.id === undefined && !step.is_reply) {
    await send.put(['emailer_templates', templateId], {
      body: content,
      custom: [{ at: [], ...custom }],
      step: index,
      response: templateAnswer,
      sample: { emailer_template: {} },
      if_unknown: 'repeat',
    });
  } else {
    // Without a non-null emailer_template object this call fails with 422.
    await send.put(['emailer_touches', touchId], {
      body: {
        id: touchId,
        emailer_step_id: made.emailer_step.id,
        type: step.is_reply ? 'reply_to_thread' : 'new_thread',
        emailer_template: template.id === undefined ? { id: templateId, ...content } : { id: template.id },
      },
      custom: [{ at: ['emailer_template'], ...custom }],
      step: index,
      response: touchAnswer,
      sample: { emailer_touch: {} },
      ...(template.id === undefined ? {} : { if_not_found: missingTemplate(template.id) }),
      if_unknown: 'repeat',
    });
  }
  await approve(touchId, send);
}

/** No endpoint that reads a template is known, so that an id is not checked before. */
export function missingTemplate(id: string) {
  const says = `It is the template ${id} that is not there, unless somebody has deleted the step meanwhile.`;
  return { says, pointer: '/template/id' };
}

export async function approve(touchId: string, send: Send): Promise<void> {
  await send.post(['emailer_touches', touchId, 'approve'], {
    response: approvedAnswer,
    sample: {},
    if_failed: 'left_off',
    if_unknown: 'repeat',
  });
}
