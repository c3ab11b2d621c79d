/** The calls that make one Outreach step, each an object literal as the documentation has it. */
import { isObject, type PlannedSequenceChange, type Send, type SendOptions } from '#provider';
import { SHARE_TYPES, type Step } from './facts.ts';
import type { Resource } from './resource.ts';
import { linkAnswer, resourceAnswer, stepAnswer, switchedAnswer } from './responses.ts';
import { LINK, madeSince, SEQUENCE, STEP, switched, TEMPLATE } from './settle.ts';

/** Makes a template of the content and answers with its id; an id that was given is used as it is. */
export async function createTemplate(
  template: NonNullable<Step['template']>,
  step: number,
  send: Send,
): Promise<number | undefined> {
  if (template.body === undefined) return template.id === undefined ? undefined : Number(template.id);
  const attributes = given({
    name: template.name,
    subject: template.subject,
    bodyHtml: template.body,
    toRecipients: template.to,
    ccRecipients: template.cc,
    bccRecipients: template.bcc,
  });
  return postTemplate(attributes, template.custom_fields ?? {}, step, send);
}

export async function postTemplate(
  attributes: object,
  custom: Readonly<Record<string, unknown>>,
  step: number,
  send: Send,
): Promise<number> {
  const { data } = await send.post(['templates'], {
    body: { data: { type: 'template', attributes } },
    custom: jsonApiCustom(custom, '/template/custom_fields'),
    step,
    response: resourceAnswer,
    sample: { data: { id: 1 } },
    creates: { kind: 'template', id: (answer) => answer.data.id },
    undo: (answer) => ['templates', answer.data.id],
    if_unknown: madeSince(TEMPLATE, idOf),
  });
  return data.id;
}

/** Outreach gives a first step one week where neither interval nor date is sent: one of them always is. */
export function createStep(sequenceId: number, step: Step, index: number, send: Send) {
  const attributes = given({
    stepType: step.word,
    interval: step.interval_seconds,
    date: step.date,
    order: step.order,
    taskNote: step.task_note,
  });
  return send.post(['sequenceSteps'], {
    body: {
      data: {
        type: 'sequenceStep',
        attributes,
        relationships: { sequence: { data: { type: 'sequence', id: sequenceId } } },
      },
    },
    custom: jsonApiCustom(step.custom_fields, '/custom_fields'),
    step: index,
    response: stepAnswer,
    sample: NEW_RESOURCE,
    creates: NEW_STEP,
    if_unknown: madeSince(STEP, stepOf, { filters: { 'filter[sequence][id]': String(sequenceId) } }),
  });
}

const NEW_RESOURCE = { data: { id: 1 } };
const NEW_STEP = { kind: 'sequence_step', id: (answer: typeof NEW_RESOURCE) => answer.data.id };

type IfFailed = NonNullable<SendOptions<unknown>['if_failed']>;

interface NewLink {
  readonly template: number;
  /** Index of the step in the request. */
  readonly index?: number;
  readonly isReply: boolean;
  /** The links that the step had before. */
  readonly besides?: readonly number[] | undefined;
}

/** Links a template to a step, and switches the link on if Outreach has not. */
export async function linkTemplate(
  stepId: number,
  { template, index = 0, isReply, besides = [] }: NewLink,
  send: Send,
  ifFailed: IfFailed = 'left_off',
): Promise<void> {
  const link = await send.post(['sequenceTemplates'], {
    body: {
      data: {
        type: 'sequenceTemplate',
        attributes: { isReply },
        relationships: {
          sequenceStep: { data: { type: 'sequenceStep', id: stepId } },
          template: { data: { type: 'template', id: template } },
        },
      },
    },
    step: index,
    response: linkAnswer,
    sample: { data: { id: 1 } },
    creates: { kind: 'sequence_template', id: (answer) => answer.data.id },
    if_unknown: madeSince(LINK, linkOf, {
      filters: { 'filter[sequenceStep][id]': String(stepId) },
      but: besides,
    }),
  });
  const { id } = link.data;
  const enabled = link.data.attributes?.enabled ?? (await readBack(id, send, ifFailed));
  if (enabled === true) return;
  await switchLink(id, 'activate', send, { when: 'the link is not enabled', if_failed: ifFailed });
}

/** The actions of a link switch the step that it belongs to. */
export async function switchLink(
  id: number,
  verb: 'activate' | 'deactivate',
  send: Send,
  options: Pick<SendOptions<unknown>, 'when' | 'if_failed' | 'changes'>,
): Promise<void> {
  const on = verb === 'activate';
  const if_unknown = switched('sequenceTemplates', id, on, { data: {} });
  await send.post(['sequenceTemplates', id, 'actions', verb], {
    response: switchedAnswer(on),
    sample: { data: {} },
    if_unknown,
    ...options,
  });
}

async function readBack(linkId: number, send: Send, ifFailed: IfFailed): Promise<boolean | null | undefined> {
  const { data } = await send.get(['sequenceTemplates', linkId], {
    response: linkAnswer,
    sample: { data: { id: 1, attributes: { enabled: false } } },
    when: 'the answer to the link does not say whether it is enabled',
    if_failed: ifFailed,
  });
  return data.attributes?.enabled;
}

interface Sequence {
  readonly name: string;
  readonly tags?: readonly string[];
  readonly type: keyof typeof SHARE_TYPES;
  readonly owner_id?: string;
  readonly custom_fields: Readonly<Record<string, unknown>>;
}

/** A new sequence is off, and owned by nobody unless the caller says so. */
export async function postSequence(sequence: Sequence, byDate: boolean, send: Send) {
  const { attributes, ...rest } = nativeSequence(sequence);
  const { data } = await send.post(['sequences'], {
    body: {
      data: { type: 'sequence', attributes: { ...attributes, ...(byDate ? { sequenceType: 'date' } : {}) }, ...rest },
    },
    custom: jsonApiCustom(sequence.custom_fields, '/custom_fields'),
    step: -1,
    response: resourceAnswer,
    sample: { data: { id: 1 } },
    creates: { kind: 'sequence', id: (answer) => answer.data.id },
    undo: (answer) => ['sequences', answer.data.id],
    if_unknown: madeSince(SEQUENCE, idOf),
  });
  return data;
}

export async function patchSequence(id: number, change: PlannedSequenceChange, send: Send): Promise<void> {
  await send.patch(['sequences', id], {
    body: { data: { type: 'sequence', id, ...nativeSequence(change) } },
    custom: jsonApiCustom(change.custom_fields, '/custom_fields'),
    step: -1,
    response: resourceAnswer,
    sample: { data: { id: 1 } },
    changes: { kind: 'sequence', id },
    if_unknown: 'repeat',
  });
}

function idOf({ id }: { readonly id: number }) {
  return { data: { id } };
}

function stepOf({ id, attributes }: Resource) {
  const { interval } = attributes;
  return { data: { id, attributes: { interval: typeof interval === 'number' ? interval : null } } };
}

function linkOf({ id, attributes }: Resource) {
  return { data: { id, attributes: { enabled: attributes['enabled'] === true } } };
}

function nativeSequence({ name, tags, type, owner_id: owner }: Partial<Sequence>) {
  return {
    attributes: given({ name, tags, shareType: type && SHARE_TYPES[type] }),
    ...(owner === undefined ? {} : { relationships: { owner: { data: { type: 'user', id: Number(owner) } } } }),
  };
}

/** `relationships` merge beside the attributes, everything else into them. */
export function jsonApiCustom(custom: Readonly<Record<string, unknown>>, from: string) {
  const { relationships, ...attributes } = custom;
  if (!isObject(relationships)) return [{ at: ['data', 'attributes'], values: custom, from }];
  return [
    { at: ['data', 'attributes'], values: attributes, from },
    { at: ['data', 'relationships'], values: relationships, from: `${from}/relationships` },
  ];
}

/** Without the keys that were not given: Outreach is not known to take null for absent. */
export function given<T extends object>(attributes: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const kept: { [K in keyof T]?: T[K] } = {};
  for (const key in attributes) if (attributes[key] !== undefined) kept[key] = attributes[key];
  return kept as ReturnType<typeof given<T>>;
}
