import { stepsOf, textOf } from './state.ts';
import type { Campaign, EmailerStep, EmailerTemplate, EmailerTouch, Room } from './state.ts';

type Counter = number | null | 'loading';
type View = Readonly<Record<string, unknown>>;

const NOBODY = { active: 0, paused: 0, finished: 0, bounced: 0, spam_blocked: 0, hard_bounced: 0, not_sent: 0 };

const COUNTS = [
  'unique_scheduled',
  'unique_delivered',
  'unique_bounced',
  'unique_opened',
  'unique_hard_bounced',
  'unique_spam_blocked',
  'unique_replied',
  'unique_demoed',
  'unique_clicked',
  'unique_unsubscribed',
];

const RATES = [
  'bounce_rate',
  'hard_bounce_rate',
  'open_rate',
  'click_rate',
  'reply_rate',
  'spam_block_rate',
  'opt_out_rate',
  'demo_rate',
];

const TASK_COUNTS = ['unique_scheduled', 'unique_skipped', 'unique_completed'];

/** A sequence with what is worked out when it is read. */
export function campaignView({ state, world }: Room, campaign: Campaign): View {
  return {
    ...campaign,
    num_steps: stepsOf(state, campaign.id).length,
    ...stats(world),
    loaded_stats: true,
    contact_statuses: { ...NOBODY, failed: 0 },
  };
}

/** A step as it is answered; calls carry their note a second time, as text. */
export function stepView({ world }: Room, step: EmailerStep): View {
  const view = { ...step, counts: NOBODY, ab_test_details: {} };
  if (step.type === 'action_item') return { ...view, ...all(TASK_COUNTS, countIn(world)) };
  if (step.type !== 'call') return view;
  const noteText = step.note === null ? null : textOf(step.note);
  return { ...view, note_text: noteText, ...all(TASK_COUNTS, countIn(world)), outcomes: [] };
}

export function touchView({ world }: Room, touch: EmailerTouch): View {
  return { ...touch, ...stats(world) };
}

/** The bodies of 2023 came back as whole documents (supaglue's recorded answer); an empty one stayed empty. */
export function templateView({ world }: Room, template: EmailerTemplate): EmailerTemplate {
  const { body_html } = template;
  if (world.body_wrapped === 'no' || body_html === '' || body_html.startsWith('<html>')) return template;
  return { ...template, body_html: `<html><head></head><body>${body_html}</body></html>` };
}

/** How many contacts were scheduled, as it is answered. */
export function countIn(world: Room['world']): Counter {
  return world.counters === 'loading' ? 'loading' : 0;
}

/** A counter or a rate is a number, null or the word "loading": one recorded answer of 2023-10 has all three. */
function stats(world: Room['world']): View {
  return { ...all(COUNTS, countIn(world)), ...all(RATES, world.counters === 'loading' ? 'loading' : null) };
}

function all(names: readonly string[], value: Counter): Record<string, Counter> {
  return Object.fromEntries(names.map((name) => [name, value]));
}
