/** What of an Apollo sequence could change by a write, without what changes by itself, such as its counters. */
import type { Whole } from './read.ts';

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

const STEP = [
  ...['id', 'position', 'type', 'wait_time', 'wait_mode', 'exact_datetime', 'priority', 'note'],
  ...['max_emails_per_day', 'auto_skip_in_x_days'],
];
const TOUCH = ['id', 'emailer_step_id', 'emailer_template_id', 'type', 'status', 'include_signature'];
const TEMPLATE = ['id', 'subject', 'body_html'];

export function comparable({ step, touch, template }: OneStep): object {
  return {
    step: pick(step, STEP),
    touch: touch && pick(touch, TOUCH),
    ...(template ? { template: texts(template) } : {}),
  };
}

/** Counters, rates and what Apollo works out by itself. */
const OWN_LIFE =
  /^unique_|_rate$|^(contact_statuses|loaded_stats|last_used_at|updated_at|num_contacts_email_status_extrapolated|is_performing_poorly|underperforming_touches_count|status_reason|creation_type|product_profile_ids|emailer_steps)$/;

/** The sequence, every step, every message and its text. */
export function comparableWhole(whole: Whole): Readonly<Record<string, unknown>> {
  const entries = Object.entries(whole.emailer_campaign).filter(([key]) => !OWN_LIFE.test(key));
  return {
    emailer_campaign: Object.fromEntries(entries),
    emailer_steps: byId(whole.emailer_steps, (each) => pick(each, STEP)),
    emailer_touches: byId(whole.emailer_touches ?? [], (each) => pick(each, TOUCH)),
    emailer_templates: byId(whole.emailer_templates ?? [], texts),
  };
}

function byId<T extends { readonly id: string }>(all: readonly T[], view: (each: T) => object): object {
  return Object.fromEntries(all.map((each) => [each.id, view(each)]));
}

/** Notes and bodies come back with markup around them: a body as a whole document, a note in a `div`. */
function texts(template: Template): object {
  const { id, subject, body_html: body } = pick(template, TEMPLATE);
  return { id, subject: subject ?? '', body_html: typeof body === 'string' ? unwrapped(body) : '' };
}

function unwrapped(html: string): string {
  return html.replace(/^\s*<html>\s*<head>\s*<\/head>\s*<body>([\s\S]*)<\/body>\s*<\/html>\s*$/i, '$1');
}

function pick(native: Readonly<Record<string, unknown>>, keys: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(keys.map((key) => [key, key === 'note' ? noteOf(native[key]) : (native[key] ?? null)]));
}

function noteOf(note: unknown): unknown {
  return typeof note === 'string' ? note.replace(/^<div>([\s\S]*)<\/div>$/, '$1') : null;
}
