import { makeCampaign } from './make.ts';
import { noSuchRecord, ok, refuse, TEXTS } from './replies.ts';
import type { Reply } from './replies.ts';
import { check } from './schemas.ts';
import { newSequence } from './sequence-schemas.ts';
import type { CreatedStep } from './sequence-schemas.ts';
import { labelIds, running, settingsRefusal } from './settings.ts';
import { stepsOf, touchesOf } from './state.ts';
import type { Campaign, Room, State } from './state.ts';
import { campaignView, stepView, touchView } from './views.ts';
import { wrongTime } from './times.ts';
import { dateOf, refusalOf, storeSteps } from './wanted.ts';
import type { WantedStep } from './wanted.ts';

/** `POST /sequences`. A second one with the same body makes a second sequence: Apollo has no idempotency key. */
export function createSequence(room: Room, body: unknown): Reply {
  const { state } = room;
  const checked = check(newSequence, body);
  if (checked.error !== undefined) return refuse(422, checked.error);
  const { emailer_steps: steps = [], label_names: labels = [], active = false, ...rest } = checked.value;
  const { permissions, user_id, ...settings } = rest;
  const wanted = steps.map((step, index) => wantedStep(state, step, index + 1));
  const refusal =
    settingsRefusal(settings) ??
    timeRefusal(steps, settings.sequence_by_exact_daytime === true, room.now) ??
    unknownTemplate(state, steps) ??
    refusalOf(room, wanted, TEXTS.blankOnCreate);
  if (refusal) return refusal;
  // Documented for activating; that creating switched on is refused the same way is the stricter reading.
  if (active && steps.length === 0) return refuse(422, TEXTS.noStepToRun);

  const made = makeCampaign(state.newId(), settings.name, dateOf(room));
  const campaign = { ...made, ...settings, ...running(active), label_ids: labelIds(state, labels) };
  state.campaigns.set(campaign.id, campaign);
  storeSteps(room, campaign.id, wanted);
  return ok(createdView(room, campaign));
}

/** The new id is `emailer_campaign.id`: there is none at the root. */
function createdView(room: Room, campaign: Campaign): Readonly<Record<string, unknown>> {
  const { state } = room;
  const steps = stepsOf(state, campaign.id);
  const touches = steps.flatMap(({ id }) => touchesOf(state, id));
  return {
    emailer_campaign: campaignView(room, campaign),
    sharing_accesses: [],
    emailer_steps: steps.map((step) => stepView(room, step)),
    emailer_touches: touches.map((touch) => touchView(room, touch)),
    emailer_templates: touches.map((touch) => state.templates.get(touch.emailer_template_id)),
    attachments: [],
    team: { id: '6095a710bd01d100a506d4ac', sequences_finder_empty: false },
  };
}

function wantedStep(state: State, step: CreatedStep, position: number): WantedStep {
  return {
    old: undefined,
    set: {
      position,
      type: step.type,
      wait_mode: step.wait_mode ?? null,
      wait_time: step.wait_time ?? null,
      exact_datetime: step.exact_datetime ?? null,
      priority: step.priority ?? null,
      note: step.note ?? null,
      max_emails_per_day: step.max_emails_per_day ?? null,
      auto_skip_in_x_days: step.auto_skip_in_x_days ?? null,
    },
    touches: step.emailer_touches?.map((touch) => {
      const { id, ...content } = touch.emailer_template ?? {};
      const { type = 'new_thread', status = 'to_be_reviewed', include_signature = true } = touch;
      const template = id === undefined ? undefined : state.templates.get(id);
      return { old: undefined, template, set: { type, status, include_signature }, content };
    }),
  };
}

/** Every step waits, or every step has a date. */
function timeRefusal(steps: readonly CreatedStep[], byDate: boolean, now: number): Reply | undefined {
  // Answered for a missing wait_mode too, even with a wait_time of 0, as a public client reports.
  const waits = steps.every((step) => (step.wait_time ?? null) !== null && (step.wait_mode ?? null) !== null);
  if (!byDate && !waits) return refuse(422, TEXTS.noWait);
  const timed = steps.map(({ exact_datetime }, position) => ({ exact_datetime, position }));
  for (const [index, step] of timed.entries()) {
    const wrong = wrongTime(step, timed.toSpliced(index, 1), byDate, now);
    if (wrong !== undefined) return refuse(422, `emailer_steps.${index}.${wrong}`);
  }
  return undefined;
}

function unknownTemplate(state: State, steps: readonly CreatedStep[]): Reply | undefined {
  const ids = steps.flatMap((step) => step.emailer_touches?.map((touch) => touch.emailer_template?.id) ?? []);
  return ids.some((id) => id !== undefined && !state.templates.has(id)) ? noSuchRecord() : undefined;
}
