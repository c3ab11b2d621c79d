/** The calls that make one Outreach step, each an object literal as the documentation has it. */
import type { Send } from '#provider';
import type { Step } from './facts.ts';
import { activatedAnswer, linkAnswer, resourceAnswer, stepAnswer } from './responses.ts';

/** Makes a template of the content and answers with its id; an id that was given is used as it is. */
export async function createTemplate(
  template: Step['template'],
  step: number,
  send: Send,
): Promise<number | undefined> {
  if (template?.body === undefined) return template?.id === undefined ? undefined : Number(template.id);
  const { data } = await send.post(['templates'], {
    body: {
      data: {
        type: 'template',
        attributes: given({
          name: template.name,
          subject: template.subject,
          bodyHtml: template.body,
          toRecipients: template.to,
          ccRecipients: template.cc,
          bccRecipients: template.bcc,
        }),
      },
    },
    custom: jsonApiCustom(template.custom_fields ?? {}, '/template/custom_fields', step),
    response: resourceAnswer,
    sample: { data: { id: 1 } },
    creates: { kind: 'template', id: (answer) => answer.data.id },
  });
  return data.id;
}

/** Outreach gives a first step one week where neither interval nor date is sent: one of them always is. */
export async function createStep(sequenceId: number, step: Step, index: number, send: Send) {
  const { data } = await send.post(['sequenceSteps'], {
    body: {
      data: {
        type: 'sequenceStep',
        attributes: given({
          stepType: step.word,
          interval: step.interval_seconds,
          date: step.date,
          order: step.order,
          taskNote: step.task_note,
        }),
        relationships: { sequence: { data: { type: 'sequence', id: sequenceId } } },
      },
    },
    custom: jsonApiCustom(step.custom_fields, '/custom_fields', index),
    response: stepAnswer,
    sample: { data: { id: 1 } },
    creates: { kind: 'sequence_step', id: (answer) => answer.data.id },
  });
  return data;
}

/** Links a template to a step, and switches the link on if Outreach has not. */
export async function linkTemplate(stepId: number, templateId: number, isReply: boolean, send: Send): Promise<void> {
  const link = await send.post(['sequenceTemplates'], {
    body: {
      data: {
        type: 'sequenceTemplate',
        attributes: { isReply },
        relationships: {
          sequenceStep: { data: { type: 'sequenceStep', id: stepId } },
          template: { data: { type: 'template', id: templateId } },
        },
      },
    },
    response: linkAnswer,
    sample: { data: { id: 1 } },
    creates: { kind: 'sequence_template', id: (answer) => answer.data.id },
  });
  const { id } = link.data;
  const enabled = link.data.attributes?.enabled ?? (await readBack(id, send));
  if (enabled === true) return;
  await send.post(['sequenceTemplates', id, 'actions', 'activate'], {
    response: activatedAnswer,
    sample: { data: {} },
    when: 'the link is not enabled',
    switches_on: true,
  });
}

async function readBack(linkId: number, send: Send): Promise<boolean | null | undefined> {
  const { data } = await send.get(['sequenceTemplates', linkId], {
    response: linkAnswer,
    sample: { data: { id: 1, attributes: { enabled: false } } },
    when: 'the answer to the link does not say whether it is enabled',
    switches_on: true,
  });
  return data.attributes?.enabled;
}

/** Who may use a sequence, in Outreach's words. */
export const SHARE_TYPES = { team: 'shared', private: 'private' } as const;

interface Sequence {
  readonly name: string;
  readonly tags?: readonly string[];
  readonly type: keyof typeof SHARE_TYPES;
  readonly owner_id?: string;
  readonly custom_fields: Readonly<Record<string, unknown>>;
}

/** A new sequence is off, and owned by nobody unless the caller says so. */
export async function postSequence(sequence: Sequence, byDate: boolean, send: Send) {
  const { data } = await send.post(['sequences'], {
    body: {
      data: {
        type: 'sequence',
        attributes: given({
          name: sequence.name,
          tags: sequence.tags,
          shareType: SHARE_TYPES[sequence.type],
          sequenceType: byDate ? 'date' : undefined,
        }),
        ...(sequence.owner_id === undefined
          ? {}
          : { relationships: { owner: { data: { type: 'user', id: Number(sequence.owner_id) } } } }),
      },
    },
    custom: jsonApiCustom(sequence.custom_fields, '/custom_fields', -1),
    response: resourceAnswer,
    sample: { data: { id: 1 } },
    creates: { kind: 'sequence', id: (answer) => answer.data.id },
  });
  return data;
}

/** `relationships` merge beside the attributes, everything else into them. */
function jsonApiCustom(custom: Readonly<Record<string, unknown>>, from: string, step: number) {
  const { relationships, ...attributes } = custom;
  if (!isObject(relationships)) return [{ at: ['data', 'attributes'], values: custom, from, step }];
  return [
    { at: ['data', 'attributes'], values: attributes, from, step },
    { at: ['data', 'relationships'], values: relationships, from: `${from}/relationships`, step },
  ];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Without the keys that were not given: Outreach is not known to take null for absent. */
export function given<T extends object>(attributes: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof given<T>
  >;
}
