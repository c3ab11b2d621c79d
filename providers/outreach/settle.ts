/**
 * Finding what a call has made whose answer never came. Outreach has no idempotency keys; what it has is the time at which
 * a record was made (https://developers.outreach.io/api/reference, createdAt).
 */
import { z } from 'zod';
import { isObject, type IfUnknown } from '#provider';
import { readAll } from './read.ts';
import { resource, text, type Resource } from './resource.ts';

/** Outreach's clock may be behind ours, or ahead. */
const SKEW_MS = 60_000;
const one = z.object({ data: resource });
const fields = z.record(z.string(), z.unknown()).default({});
const sentBody = z.object({ data: z.object({ attributes: fields, relationships: fields }) });

type Sent = z.infer<typeof sentBody>['data'];

interface Kind {
  readonly type: 'templates' | 'sequenceSteps' | 'sequences' | 'sequenceTemplates';
  /** What a new one has nothing in where nothing was sent; the defaults of other attributes are not known. */
  readonly blank: readonly string[];
  readonly untied?: readonly string[];
  /** Whether the list can be filtered by when they were made. */
  readonly by_time: boolean;
  /** What tells one that was never changed from another, where everybody in the account makes them. */
  readonly texts?: readonly string[];
}

export const TEMPLATE: Kind = {
  type: 'templates',
  by_time: true,
  texts: ['name', 'subject', 'bodyHtml'],
  blank: ['name', 'subject', 'toRecipients', 'ccRecipients', 'bccRecipients'],
};
export const STEP: Kind = {
  type: 'sequenceSteps',
  by_time: true,
  blank: ['date', 'taskNote', 'taskAutoskipDelay'],
};
export const SEQUENCE: Kind = {
  type: 'sequences',
  by_time: true,
  untied: ['owner'],
  texts: ['name'],
  blank: ['description', 'tags', 'enabled', 'sequenceStepCount'],
};
export const LINK: Kind = { type: 'sequenceTemplates', by_time: false, blank: [] };

interface Among {
  readonly filters?: Readonly<Record<string, string>>;
  /** Those that were there before the call. */
  readonly but?: readonly number[];
}

/** Texts of a caller are compared here and never in a filter, where a comma or two dots are not a text. */
export function madeSince<T>(
  kind: Kind,
  answer: (found: Resource) => T,
  { filters = {}, but = [] }: Among = {},
): IfUnknown<T> {
  return async (read, { body, sent_at, until }) => {
    const { data: sent } = sentBody.parse(body);
    const since = sent_at - SKEW_MS;
    const byTime = kind.by_time ? { 'filter[createdAt]': `${new Date(since).toISOString()}..inf` } : {};
    const { data } = await readAll([kind.type], { ...byTime, ...filters }, read);
    const found = data.filter((each) => !but.includes(each.id) && (madeAt(each) ?? since) >= since);
    const ours = found.filter((each) => isAsSent(kind, each, sent));
    const alike = found.filter((each) => {
      return !ours.includes(each) && (madeAt(each) ?? until) <= until + SKEW_MS && !isForeign(kind, each, sent);
    });
    return { ours: ours.map(answer), alike: alike.map(({ id }) => id) };
  };
}

/** Switching is not repeated where it shows: whether Outreach takes a second one is not known. */
export function switched<T>(
  type: 'sequences' | 'sequenceTemplates',
  id: number | string,
  on: boolean,
  answer: T,
): IfUnknown<T> {
  return async (read) => {
    const { data } = await read.get([type, id], { response: one });
    return data.attributes['enabled'] === on ? [answer] : 'repeat';
  };
}

function madeAt({ attributes }: Resource): number | undefined {
  const at = Date.parse(text(attributes['createdAt']) ?? '');
  return Number.isNaN(at) ? undefined : at;
}

/** Its `order` is left out: whether Outreach counts it anew with every step that comes before is not known. */
function isAsSent({ blank, untied = [] }: Kind, found: Resource, { attributes, relationships }: Sent): boolean {
  const tiesOf = (name: string): string => idsIn(found.relationships?.[name]);
  return (
    Object.entries(attributes).every(([key, value]) => key === 'order' || isSame(found.attributes[key], value)) &&
    Object.entries(relationships).every(([name, tie]) => tiesOf(name) === idsIn(tie)) &&
    blank.every((key) => Object.hasOwn(attributes, key) || isBlank(found.attributes[key])) &&
    untied.every((name) => Object.hasOwn(relationships, name) || tiesOf(name) === idsIn(undefined))
  );
}

/** Somebody else's for sure: it is as it was made, and says nothing of what was sent, however Outreach may have tidied that. */
function isForeign({ texts = [] }: Kind, { attributes: found }: Resource, { attributes: sent }: Sent): boolean {
  const telling = texts.filter((key) => Object.hasOwn(sent, key));
  const isChanged = found['createdAt'] === undefined || found['updatedAt'] !== found['createdAt'];
  return !isChanged && telling.length > 0 && telling.every((key) => wordsOf(found[key]) !== wordsOf(sent[key]));
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function isBlank(value: unknown): boolean {
  return !value || (Array.isArray(value) && value.length === 0);
}

function idsIn(tie: unknown): string {
  const data = isObject(tie) ? (tie['data'] ?? []) : [];
  return JSON.stringify([data].flat().map((each: unknown) => (isObject(each) ? each['id'] : each)));
}

/** Its letters and digits, without markup. */
function wordsOf(value: unknown): string {
  return (text(value) ?? '').replaceAll(/<[^<>]*>|[^\p{L}\p{N}]/gu, '').toLowerCase();
}
