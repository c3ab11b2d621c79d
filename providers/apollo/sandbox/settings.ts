import { USER_ID } from './make.ts';
import { refuse, TEXTS } from './replies.ts';
import type { Reply } from './replies.ts';
import type { SharingChange } from './sequence-schemas.ts';
import type { Campaign, Room, SharingPermission, State } from './state.ts';

export const DEFAULT_SCHEDULE_ID = '6095a711bd01d100a506d52a';

/** The schedules of the team by whether they have sending windows; the second is that of the documented example. */
const SCHEDULES: ReadonlyMap<string, 'filled' | 'empty'> = new Map([
  [DEFAULT_SCHEDULE_ID, 'filled'],
  ['66e9e215ece19801b2199900', 'filled'],
  ['6605a2b7e4b0c80012a3d789', 'empty'],
]);

/** The users of the team; the second is that of the documented example. */
const USERS: ReadonlySet<string> = new Set([USER_ID, '66302798d03b9601c7934ebf']);

/** Refuses a schedule or an owner that the team does not have, or an empty schedule. */
export function settingsRefusal(settings: { emailer_schedule_id?: string; user_id?: string }): Reply | undefined {
  const { emailer_schedule_id: scheduleId, user_id: userId } = settings;
  if (scheduleId !== undefined && !SCHEDULES.has(scheduleId)) {
    return refuse(422, 'emailer_schedule_id is not a schedule of your team');
  }
  if (scheduleId !== undefined && SCHEDULES.get(scheduleId) === 'empty') {
    return refuse(422, TEXTS.emptySchedule);
  }
  if (userId !== undefined && !USERS.has(userId)) return refuse(422, 'user_id is not a user of your team');
  return undefined;
}

/** Labels that do not exist yet are created. */
export function labelIds({ labels, newId }: State, names: readonly string[]): readonly string[] {
  return [...new Set(names)].map((name) => {
    const id = labels.get(name) ?? newId();
    labels.set(name, id);
    return id;
  });
}

/** What depends on whether a sequence runs; `manual_approve` is in the documented answer of a create. */
export function running(active: boolean): { readonly active: boolean; readonly status_reason: string | null } {
  return { active, status_reason: active ? 'manual_approve' : null };
}

export function owned(campaign: Campaign, userId: string): Partial<Campaign> {
  const sharing = { ...campaign.sharing_permission, is_owner: userId === USER_ID, owner_id: userId };
  return { user_id: userId, object_owner_id: userId, sharing_permission: sharing };
}

/**
 * A changed visibility resets the access type, and entries for the owner are ignored
 * (https://docs.apollo.io/reference/update-sequence, 2026-08).
 */
export function shared({ state }: Room, campaign: Campaign, change: SharingChange): SharingPermission {
  const { sharing_permission: old, id, user_id: ownerId } = campaign;
  const { added_sharing_accesses: added = [], updated_sharing_accesses: updated = [] } = change;
  const deleted = new Set(change.deleted_sharing_accesses?.map((entry) => entry.user_or_team_id));
  const kept = old.sharing_accesses
    .filter((access) => !deleted.has(access.user_or_team_id))
    .map((access) => ({ ...access, ...updated.find((it) => it.user_or_team_id === access.user_or_team_id) }));
  const fresh = added
    .filter((entry) => entry.user_or_team_id !== ownerId)
    .map((entry) => ({
      ...entry,
      id: state.newId(),
      shared_by: USER_ID,
      object_id: id,
      object_type: 'EmailerCampaign',
    }));
  const visibility = change.visibility ?? old.visibility;
  const reset = visibility === old.visibility ? old.access_type : 'can_view';
  return {
    ...old,
    visibility,
    access_type: visibility === 'restricted' ? null : (change.access_type ?? reset),
    sharing_accesses: [...kept, ...fresh],
  };
}
