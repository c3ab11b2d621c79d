/** Reading Outreach's sequences: the sequence, its steps in order, and their templates, in as few calls as it allows. */
import { z } from 'zod';
import { endlessList, type Read, type SequenceReading, type StepReading, type TemplateReading } from '#provider';
import { boolean, idsOf, isMetric, number, resource, text, texts, type Resource } from './resource.ts';
import { placeOf } from './responses.ts';
import { ofSequence, ofStep } from './unmodelled.ts';

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
export const oneAnswer = z.object({ data: resource });

export async function readSequence(id: string, raw: boolean, read: Read): Promise<SequenceReading> {
  const query = raw ? { provideAuthorizationMeta: true } : undefined;
  const { data } = await read.get(['sequences', id], { ...(query ? { query } : {}), response: one });
  const { steps, included } = await readSteps(id, read);
  const links = included.filter(({ type }) => type === 'sequenceTemplate');
  const templates = new Map(included.filter(({ type }) => type === 'template').map((each) => [each.id, each]));
  const scheduled = data.attributes['scheduleIntervalType'] === 'schedule';
  return {
    ...toSequence(data),
    steps: steps.map((step) => toStep(step, linksOf(step, links), templates, scheduled)),
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

/** All pages of a list. @throws where it never ends */
export async function readAll(path: readonly string[], query: Readonly<Record<string, string>>, read: Read) {
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
    share_type: SHARED[String(native['shareType'])],
    metrics: Object.fromEntries(Object.entries(native).filter(([key]) => isMetric(key))),
    created_at: text(native['createdAt']),
    updated_at: text(native['updatedAt']),
    unmodelled: ofSequence(whole),
    raw: whole,
  };
}

const SHARED: Readonly<Record<string, 'team' | 'private'>> = { private: 'private', shared: 'team', read_only: 'team' };

function toStep(
  step: Resource,
  links: readonly Resource[],
  templates: ReadonlyMap<number, Resource>,
  scheduled: boolean,
): StepReading {
  const native = step.attributes;
  const messages = currentFirst(links).map((link) => ({
    link,
    template: templates.get(idsOf(link, 'template')[0] ?? 0),
  }));
  const [shown] = messages;
  const [templateId] = shown ? idsOf(shown.link, 'template') : [];
  const interval = number(native['interval']);
  const word = String(native['stepType']);
  return {
    id: step.id,
    word,
    order: number(native['order']),
    interval_seconds: interval,
    // Seconds that only count inside a schedule are not elapsed time.
    ...(scheduled && interval !== undefined ? { native_interval: { interval, scheduleIntervalType: 'schedule' } } : {}),
    date: text(native['date']),
    // A LinkedIn message has a link, too, and starts no thread.
    is_reply: shown && word.endsWith('_email') ? boolean(shown.link.attributes['isReply']) : undefined,
    task_note: text(native['taskNote']),
    template: templateId === undefined ? undefined : { id: templateId, ...toTemplate(shown?.template) },
    unmodelled: ofStep(step, messages),
    raw: step,
  };
}

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

function linksOf(step: Resource, links: readonly Resource[]): readonly Resource[] {
  return links.filter(
    (link) => idsOf(link, 'sequenceStep').includes(step.id) || idsOf(step, 'sequenceTemplates').includes(link.id),
  );
}

export function currentLink(links: readonly Resource[]): Resource | undefined {
  return currentFirst(links)[0];
}

/**
 * The one whose message is shown, then the others. One that is on comes first: a step whose email was edited has an older
 * link that is off. Of several that are off it is the newest.
 */
function currentFirst(links: readonly Resource[]): readonly Resource[] {
  const byAge = links.toSorted((one, other) => one.id - other.id);
  const current = links.find((link) => link.attributes['enabled'] === true) ?? byAge.at(-1);
  return current ? [current, ...byAge.filter((link) => link !== current)] : [];
}
