/** What of an Apollo sequence could change by a write, without what changes by itself, such as its counters. */
import { isSet, STEP, TEMPLATE, TOUCH, type Keys } from './keys.ts';
import type { Whole } from './read.ts';

type Native = Readonly<Record<string, unknown>>;
type Step = Whole['emailer_steps'][number];
type Touch = NonNullable<Whole['emailer_touches']>[number];
type Template = NonNullable<Whole['emailer_templates']>[number];

/** A step with its message; with several messages the first. */
export interface OneStep {
  readonly step: Step;
  readonly touches: number;
  readonly touch: Touch | undefined;
  readonly template: Template | undefined;
}

export function stepOf(whole: Whole, stepId: string): OneStep | undefined {
  const step = whole.emailer_steps.find(({ id }) => id === stepId);
  if (!step) return undefined;
  const touches = (whole.emailer_touches ?? []).filter((touch) => touch.emailer_step_id === stepId);
  const [touch] = touches;
  return { step, touch, template: templateOf(whole, touch), touches: touches.length };
}

export function templateOf({ emailer_templates: templates }: Whole, touch: Touch | undefined): Template | undefined {
  return templates?.find(({ id }) => id === touch?.emailer_template_id);
}

/** Counters, rates and what Apollo works out by itself. */
const OWN_LIFE =
  /^unique_|_rate$|^(contact_statuses|loaded_stats|last_used_at|updated_at|num_contacts_email_status_extrapolated|is_performing_poorly|underperforming_touches_count|status_reason|creation_type|product_profile_ids|emailer_steps)$/;

/** By the id of an object, the native properties that were asked for beside those that are always looked at. */
export type Asked = ReadonlyMap<string, readonly string[]>;

/** The sequence, every step, every message and every text that a message has. */
export function snapshotOf(whole: Whole, asked: Asked = new Map()) {
  const { emailer_campaign: campaign, emailer_touches, emailer_templates } = whole;
  const touches = emailer_touches ?? [];
  // Whether a text that no message has any more is still shown is not known.
  const used = new Set(touches.map((touch) => touch.emailer_template_id));
  const own = asked.get(campaign.id) ?? [];
  return {
    emailer_campaign: pick(
      campaign,
      Object.keys(campaign).filter((key) => !OWN_LIFE.test(key) || own.includes(key)),
    ),
    emailer_steps: byId(whole.emailer_steps, (each) => viewOfStep(each, asked)),
    emailer_touches: byId(touches, (each) => view(each, TOUCH, asked)),
    emailer_templates: byId(
      (emailer_templates ?? []).filter(({ id }) => used.has(id)),
      (each) => view(each, TEMPLATE, asked),
    ),
    attachments: (whole.attachments ?? []).map(idOf).toSorted(),
  };
}

function byId<T extends Native & { readonly id: string }>(all: readonly T[], viewOf: (each: T) => Native) {
  return Object.fromEntries(all.map((each) => [each.id, viewOf(each)]));
}

function viewOfStep(step: Step, asked: Asked): Native {
  return inSeconds(view(step, STEP, asked));
}

/** What was sent of a step, and what comes back of it, in one form. */
export function inOneForm(native: Native): Native {
  return inSeconds('note' in native ? { ...native, note: bare(native['note'], IN_DIV) } : native);
}

/** Two hours and 120 minutes are the same time. */
function inSeconds({ wait_time, wait_mode, ...others }: Native): Native {
  const unit = SECONDS[String(wait_mode)];
  const isTime = typeof wait_time === 'number' && unit !== undefined;
  return { ...others, ...(isTime ? { wait_seconds: wait_time * unit } : { wait_time, wait_mode }) };
}

/** `second` was seen until 2023. */
const SECONDS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3_600, day: 86_400 };

/** Notes and bodies come back with markup around them: a body as a whole document, a note in a `div`. */
function view(native: Native & { readonly id: string }, keys: Keys, asked: Asked): Native {
  const { note, body_html: body, ...others } = pick(native, [...Object.keys(keys), ...(asked.get(native.id) ?? [])]);
  return {
    ...others,
    ...('note' in keys ? { note: bare(note, IN_DIV) } : {}),
    ...('body_html' in keys ? { body_html: bare(body, IN_DOCUMENT) } : {}),
  };
}

const IN_DIV = /^<div>([\s\S]*)<\/div>$/;
const IN_DOCUMENT = /^\s*<html>\s*<head>\s*<\/head>\s*<body>([\s\S]*)<\/body>\s*<\/html>\s*$/i;

function bare(text: unknown, wrapping: RegExp): unknown {
  return typeof text === 'string' ? text.replace(wrapping, '$1') : null;
}

function pick(native: Native, keys: readonly string[]): Native {
  return Object.fromEntries(keys.map((key) => [key, native[key] ?? null]));
}

/** What else an attachment shows is not known, and may be an address that is made anew for each reader. */
function idOf(attachment: unknown): string {
  const isNamed = typeof attachment === 'object' && attachment !== null && 'id' in attachment;
  return isNamed && isSet(attachment.id) ? String(attachment.id) : 'an attachment';
}

/** Custom fields that neither read shows cannot be compared. */
export function unshown(fields: Native, ...reads: readonly (Native | undefined)[]): readonly string[] {
  return Object.keys(fields).filter((key) => !reads.some((read) => read !== undefined && key in read));
}

/** What there is to say of them. */
export function unconfirmed(keys: readonly string[], ...above: readonly string[]) {
  return keys.map((key) => ({
    at: [...above, key],
    detail: `Apollo was sent ${key} and shows no such property: whether it has taken it is not known.`,
  }));
}
