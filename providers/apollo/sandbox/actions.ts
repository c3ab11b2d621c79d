import { noSuchRecord, ok, refuse, TEXTS } from './replies.ts';
import type { Reply } from './replies.ts';
import { check, nothing } from './schemas.ts';
import { running } from './settings.ts';
import { stepsOf } from './state.ts';
import type { Campaign, Room } from './state.ts';
import { countIn } from './views.ts';

/** `POST /emailer_campaigns/{id}/approve`. That an archived sequence does not start again is the stricter reading. */
export function activate(room: Room, id: string, body: unknown): Reply {
  return act(room, id, body, (campaign) => {
    if (campaign.active) return refuse(422, TEXTS.alreadyActive);
    if (campaign.archived) return refuse(422, TEXTS.archived);
    if (stepsOf(room.state, id).length === 0) return refuse(422, TEXTS.noStepToRun);
    return switchTo(room, campaign, true);
  });
}

/** `POST /emailer_campaigns/{id}/abort`. */
export function deactivate(room: Room, id: string, body: unknown): Reply {
  return act(room, id, body, (campaign) =>
    campaign.active ? switchTo(room, campaign, false) : refuse(422, TEXTS.alreadyInactive),
  );
}

/**
 * `POST /emailer_campaigns/{id}/archive`. It answers `deleted`, but deletes nothing: there is no API for that. No other
 * answer is documented for a sequence that is archived already.
 */
export function archive(room: Room, id: string, body: unknown): Reply {
  return act(room, id, body, (campaign) => {
    room.state.campaigns.set(id, { ...campaign, ...running(false), archived: true });
    return ok({ emailer_campaign: { id, active: false, archived: true, deleted: true } });
  });
}

function act(room: Room, id: string, body: unknown, action: (campaign: Campaign) => Reply): Reply {
  const campaign = room.state.campaigns.get(id);
  if (!campaign) return noSuchRecord();
  const checked = check(nothing, body);
  return checked.error === undefined ? action(campaign) : refuse(422, checked.error);
}

/** Answers the keys of the documented example, and no others. */
function switchTo({ state, world }: Room, campaign: Campaign, active: boolean): Reply {
  const { id } = campaign;
  state.campaigns.set(id, { ...campaign, ...running(active) });
  return ok({
    emailer_campaign: { id, unique_scheduled: countIn(world), active },
    emailer_steps: stepsOf(state, id).map((step) => ({
      id: step.id,
      emailer_campaign_id: id,
      position: step.position,
      wait_time: step.wait_time,
      type: step.type,
      note: step.note,
    })),
  });
}
