/** Reading Outreach's sequences: the sequence, its steps in order, and their templates, in as few calls as it allows. */
import { z } from 'zod';
import {
  endlessList,
  unmodelled,
  type Read,
  type SequenceReading,
  type StepReading,
  type TemplateReading,
} from '#provider';
import { id, placeOf } from './responses.ts';

const attributes = z.record(z.string(), z.unknown());
const related = z.looseObject({
  data: z.union([z.looseObject({ id }), z.array(z.looseObject({ id })), z.null()]).optional(),
});
const relationships = z.record(z.string(), related).optional();

export const resource = z.looseObject({ type: z.string(), id, attributes, relationships });
export type Resource = z.infer<typeof resource>;

function linkTo(direction: 'after' | 'before') {
  return z
    .string()
    .refine((link) => placeOf(link, direction) !== undefined, 'no place in the list')
    .nullish();
}

const one = z.object({ data: resource, included: z.array(resource).optional() });
const many = z.object({
  data: z.array(resource),
  included: z.array(resource).optional(),
  // A link without a place would make a cut list look whole.
  links: z.object({ next: linkTo('after'), prev: linkTo('before') }).optional(),
});

const PAGE_SIZE = 100;
/** More pages than any sequence has steps for; a list that never ends is an error, not a short list. */
const MAX_PAGES = 100;

export const listAnswer = many;

export async function readSequence(id: string, raw: boolean, read: Read): Promise<SequenceReading> {
  const query = raw ? { provideAuthorizationMeta: true } : undefined;
  const { data } = await read.get(['sequences', id], { ...(query ? { query } : {}), response: one });
  const { steps, included } = await readSteps(id, read);
  const links = included.filter(({ type }) => type === 'sequenceTemplate');
  const templates = new Map(included.filter(({ type }) => type === 'template').map((each) => [each.id, each]));
  const scheduled = data.attributes['scheduleIntervalType'] === 'schedule';
  return {
    ...toSequence(data),
    steps: steps.map((step) => toStep(step, linkOf(step, links), templates, scheduled)),
  };
}

/** Every step with its links and templates: included where Outreach follows the path, else two more lists. */
async function readSteps(sequenceId: string, read: Read) {
  const filter = { 'filter[sequence][id]': sequenceId, sort: 'order', include: 'sequenceTemplates.template' };
  const { data: steps, included } = await readAll(['sequenceSteps'], filter, read);
  const linked = steps.some((step) => idsOf(step, 'sequenceTemplates').length > 0);
  if (!linked || included.some(({ type }) => type === 'template')) return { steps, included };
  const ids = steps.map((step) => step.id).join(',');
  const links = await readAll(['sequenceTemplates'], { 'filter[sequenceStep][id]': ids, include: 'template' }, read);
  return { steps, included: [...links.data, ...links.included] };
}

async function readAll(path: readonly string[], query: Readonly<Record<string, string>>, read: Read) {
  const data: Resource[] = [];
  const included: Resource[] = [];
  let after: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const place = after === undefined ? {} : { 'page[after]': after };
    const answer = await read.get(path, { query: { ...query, 'page[size]': PAGE_SIZE, ...place }, response: many });
    data.push(...answer.data);
    included.push(...(answer.included ?? []));
    after = placeOf(answer.links?.next, 'after')?.slice('after:'.length);
    if (after === undefined) return { data, included };
  }
  return endlessList('A list of Outreach');
}

export function toSequence(whole: Resource): SequenceReading {
  const { id: sequenceId, attributes: native, relationships: ties } = whole;
  const owner = ties?.['owner']?.data;
  return {
    id: sequenceId,
    name: text(native['name']),
    owner_id: owner && !Array.isArray(owner) ? owner.id : undefined,
    tags: texts(native['tags']),
    num_steps: number(native['sequenceStepCount']),
    is_enabled: boolean(native['enabled']),
    share_type: native['shareType'] === undefined ? undefined : native['shareType'] === 'private' ? 'private' : 'team',
    metrics: Object.fromEntries(Object.entries(native).filter(([key]) => METRIC.test(key))),
    created_at: text(native['createdAt']),
    updated_at: text(native['updatedAt']),
    unmodelled: unmodelled(
      native,
      [...SEQUENCE_KEYS, ...Object.keys(native).filter((key) => METRIC.test(key))],
      SEQUENCE_DEFAULTS,
      '/attributes',
    ),
    raw: whole,
  };
}

const METRIC =
  /(?<!Step)Count$|^num(Contacted|Replied)Prospects$|^engagementScore$|^automationPercentage$|^durationInDays$/;
const SEQUENCE_KEYS = [
  'name',
  'tags',
  'sequenceStepCount',
  'enabled',
  'enabledAt',
  'shareType',
  'createdAt',
  'updatedAt',
  'lastUsedAt',
  'finishOnReply',
];
const SEQUENCE_DEFAULTS = {
  sequenceType: 'interval',
  scheduleIntervalType: 'calendar',
  primaryReplyAction: 'finish',
  secondaryReplyAction: 'finish',
  maxActivations: 150,
  locked: false,
  throttlePaused: false,
  transactional: false,
};

function toStep(
  step: Resource,
  link: Resource | undefined,
  templates: ReadonlyMap<number, Resource>,
  scheduled: boolean,
): StepReading {
  const native = step.attributes;
  const [templateId] = link ? idsOf(link, 'template') : [];
  const interval = number(native['interval']);
  return {
    id: step.id,
    word: String(native['stepType']),
    order: number(native['order']),
    interval_seconds: interval,
    // Seconds that only count inside a schedule are not elapsed time.
    ...(scheduled && interval !== undefined ? { native_interval: { interval, scheduleIntervalType: 'schedule' } } : {}),
    date: text(native['date']),
    is_reply: link ? boolean(link.attributes['isReply']) : undefined,
    task_note: text(native['taskNote']),
    template: templateId === undefined ? undefined : { id: templateId, ...toTemplate(templates.get(templateId)) },
    unmodelled: unmodelled(
      native,
      [...STEP_KEYS, ...Object.keys(native).filter((key) => METRIC.test(key))],
      {},
      '/attributes',
    ),
    raw: step,
  };
}

const STEP_KEYS = ['stepType', 'order', 'interval', 'date', 'taskNote', 'displayName', 'createdAt', 'updatedAt'];

export function toTemplate(template: Resource | undefined): Omit<TemplateReading, 'id'> {
  if (!template) return {};
  const { attributes: native } = template;
  return {
    name: text(native['name']),
    subject: text(native['subject']),
    body: text(native['bodyHtml']),
    to: texts(native['toRecipients']),
    cc: texts(native['ccRecipients']),
    bcc: texts(native['bccRecipients']),
    updated_at: text(native['updatedAt']),
  };
}

/** An enabled link first: a step whose email was edited has an older one that is off. */
function linkOf(step: Resource, links: readonly Resource[]): Resource | undefined {
  const own = links.filter(
    (link) => idsOf(link, 'sequenceStep').includes(step.id) || idsOf(step, 'sequenceTemplates').includes(link.id),
  );
  return currentLink(own);
}

/** The newest of several that are off. */
export function currentLink(links: readonly Resource[]): Resource | undefined {
  return (
    links.find((link) => link.attributes['enabled'] === true) ??
    links.toSorted((one, other) => one.id - other.id).at(-1)
  );
}

export function idsOf(resourceOf: Resource, name: string): readonly number[] {
  const data = resourceOf.relationships?.[name]?.data;
  if (!data) return [];
  return Array.isArray(data) ? data.map((each) => each.id) : [data.id];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function boolean(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.length > 0 ? value.map(String) : undefined;
}
