import { isObject } from './door.ts';
import { noSuchRecord, ok, refuse, TEXTS } from './replies.ts';
import type { Reply } from './replies.ts';
import { check } from './schemas.ts';
import { sequenceChange } from './sequence-schemas.ts';
import type { ListedStep } from './sequence-schemas.ts';
import { labelIds, owned, running, settingsRefusal, shared } from './settings.ts';
import { hasContent, stepsOf, touchesOf } from './state.ts';
import type { Campaign, EmailerStep, Room, State } from './state.ts';
import { dateOf, refusalOf, storeSteps } from './wanted.ts';
import type { WantedStep, WantedTouch } from './wanted.ts';

/** `PUT /sequences/{id}`. */
export function changeSequence(room: Room, id: string, body: Readonly<Record<string, unknown>>): Reply {
  const { state } = room;
  const campaign = state.campaigns.get(id);
  if (!campaign) return noSuchRecord();
  const incomplete = incompleteList(body['emailer_steps']);
  if (incomplete) return incomplete;
  const checked = check(sequenceChange, body);
  if (checked.error !== undefined) return refuse(422, checked.error);
  const {
    emailer_steps: steps,
    label_names,
    sharing_permission,
    user_id,
    active,
    permissions,
    ...rest
  } = checked.value;
  const wanted = steps.map((step) => wantedStep(room, step));
  const refusal =
    settingsRefusal(checked.value) ??
    stepsRefusal(state, campaign, steps) ??
    refusalOf(room, wanted, TEXTS.blankOnUpdate) ??
    (active && campaign.archived ? refuse(422, TEXTS.archived) : undefined);
  if (refusal) return refusal;

  const reowned = { ...campaign, ...rest, ...(user_id === undefined ? {} : owned(campaign, user_id)) };
  const changed: Campaign = {
    ...reowned,
    ...(active === undefined ? {} : running(active)),
    ...(label_names ? { label_ids: labelIds(state, label_names) } : {}),
    // A draft that has steps is promoted, and here it always has steps.
    ...(rest.creation_type === 'draft' ? { creation_type: 'new' } : {}),
    ...(sharing_permission ? { sharing_permission: shared(room, reowned, sharing_permission) } : {}),
  };
  state.campaigns.set(id, changed);
  storeSteps(room, id, wanted);
  return ok(changedView(room, changed));
}

/** Inside `steps` the type is called `step_type`, and nowhere else. */
function changedView(room: Room, campaign: Campaign): Readonly<Record<string, unknown>> {
  const { id, name, active, archived, created_at, user_id } = campaign;
  const steps = stepsOf(room.state, id);
  return {
    id,
    name,
    active,
    archived,
    created_at,
    updated_at: dateOf(room),
    num_steps: steps.length,
    steps: steps.map((step) => ({
      id: step.id,
      position: step.position,
      step_type: step.type,
      wait_time: step.wait_time,
      wait_mode: step.wait_mode,
      auto_skip_in_x_days: step.auto_skip_in_x_days,
    })),
    emailer_campaign: { id, name, active, user_id, object_owner_id: user_id },
    emailer_steps: steps.map((step) => ({ id: step.id, position: step.position })),
    emailer_touches: steps
      .flatMap((step) => touchesOf(room.state, step.id))
      .map((touch) => ({ id: touch.id, status: touch.status })),
  };
}

/**
 * The documentation shows a body with a name alone; two clients of 2026 were refused that, live. "Missing Step" was
 * answered to steps without a position (Kibcochran93/Agent-Prospecting-, src/seats_prospecting/tools/apollo_write.py).
 */
function incompleteList(steps: unknown): Reply | undefined {
  const list: readonly unknown[] = Array.isArray(steps) ? steps : [];
  if ((steps ?? null) === null || (Array.isArray(steps) && list.length === 0)) return refuse(422, TEXTS.noSteps);
  const positions = new Set(list.map((step) => (isObject(step) ? step['position'] : undefined)));
  const missing = list.findIndex((_, index) => !positions.has(index + 1));
  return missing < 0 ? undefined : refuse(422, `Missing Step ${missing + 1} for this sequence`);
}

function stepsRefusal(state: State, campaign: Campaign, steps: readonly ListedStep[]): Reply | undefined {
  const ids = steps.flatMap(({ id, emailer_touches: touches = [] }) => [id, ...touches.map((touch) => touch.id)]);
  const known = ids.filter((id) => id !== undefined);
  if (steps.some((step) => isUnknown(state, campaign, step))) return noSuchRecord();
  if (new Set(known).size < known.length) return refuse(422, 'emailer_steps has the same id more than once');
  if (steps.some(({ id, type }) => id !== undefined && state.steps.get(id)?.type !== type)) {
    return refuse(422, 'type is not that of this step');
  }
  const waits = steps.every((step) => (step.wait_time ?? null) !== null && (step.wait_mode ?? null) !== null);
  if (!waits && campaign.sequence_by_exact_daytime !== true) return refuse(422, TEXTS.noWait);
  const bare = steps.some(({ type, emailer_touches: touches = [] }) => {
    return (hasContent(type) && touches.length === 0) || touches.some((touch) => !touch.emailer_template);
  });
  return bare ? refuse(422, TEXTS.noTemplate) : undefined;
}

function isUnknown(state: State, campaign: Campaign, { id, emailer_touches: touches = [] }: ListedStep): boolean {
  if (id !== undefined && state.steps.get(id)?.emailer_campaign_id !== campaign.id) return true;
  return touches.some((touch) => touch.id !== undefined && state.touches.get(touch.id)?.emailer_step_id !== id);
}

/** Whether what the documented list has no keys for outlives it is not known, nor what becomes of keys that are not sent. */
function wantedStep({ state, world }: Room, step: ListedStep): WantedStep {
  const old = step.id === undefined ? undefined : state.steps.get(step.id);
  const kept: Partial<EmailerStep> = world.put_keeps_unlisted === 'yes' ? { ...old } : {};
  const unsent: Partial<EmailerStep> = world.put_keeps_unsent === 'yes' ? { ...old } : {};
  return {
    old,
    set: {
      position: step.position,
      type: step.type,
      wait_mode: step.wait_mode ?? null,
      wait_time: step.wait_time ?? null,
      exact_datetime: kept.exact_datetime ?? null,
      priority: kept.priority ?? null,
      note: kept.note ?? null,
      max_emails_per_day: kept.max_emails_per_day ?? null,
      auto_skip_in_x_days: step.auto_skip_in_x_days ?? unsent.auto_skip_in_x_days ?? null,
    },
    touches: step.emailer_touches?.map((touch) => wantedTouch(state, world, touch)),
  };
}

function wantedTouch(
  state: State,
  world: Room['world'],
  touch: NonNullable<ListedStep['emailer_touches']>[number],
): WantedTouch {
  const { id, emailer_template: content = {}, attachment_ids, status, ...generation } = touch;
  const old = id === undefined ? undefined : state.touches.get(id);
  const kept = world.put_keeps_unlisted === 'yes' ? old : undefined;
  return {
    old,
    template: old && state.templates.get(old.emailer_template_id),
    set: {
      ...(world.put_keeps_unsent === 'yes' ? {} : { generation_options: [], generation_tone: {} }),
      ...generation,
      type: kept?.type ?? 'new_thread',
      status: status ?? old?.status ?? 'to_be_reviewed',
      include_signature: kept?.include_signature ?? true,
    },
    content,
  };
}
