import type { Seed } from '#sandbox';
import { makeCampaign, makeTemplate, storeBlankContent, UNSET } from './make.ts';
import { DEFAULT_SCHEDULE_ID } from './settings.ts';
import { emptyState, textOf } from './state.ts';
import type { Campaign, EmailerTemplate, State } from './state.ts';

/** A template that no touch points at. */
export const EXISTING_TEMPLATE_ID = '65340d43bd9e6900a3054740';

const SEEDED_AT = '2023-10-21T03:59:24.026Z';
const WITH_STEPS = '65334c9c2722cd008bde87c3';
const WITH_EMAIL = '65334c9c2722cd008bde87c5';

const CAMPAIGNS: readonly (readonly [id: string, name: string, seed?: Seed])[] = [
  [WITH_STEPS, 'Calls and tasks', 'with_steps'],
  ['65334c9c2722cd008bde87c4', 'Nothing yet', 'empty'],
  [WITH_EMAIL, 'One email', 'with_email'],
  ['65334c9c2722cd008bde87c6', 'Q3 Outbound Outreach'],
  ['65334c9c2722cd008bde87c7', 'NY Marketing Sequence'],
  ['65334c9c2722cd008bde87c8', 'Target Copywriting Clients in Dublin'],
  ['65334c9c2722cd008bde87c9', 'Webinar follow-up'],
];

/** What a sequence that was made in the app has set (the documented search example). */
const SETTINGS = {
  emailer_schedule_id: DEFAULT_SCHEDULE_ID,
  create_task_if_email_open: false,
  email_open_trigger_task_threshold: 3,
  mark_finished_if_click: false,
  days_to_wait_before_mark_as_response: 5,
  mark_finished_if_reply: true,
  mark_finished_if_interested: true,
  mark_paused_if_ooo: true,
  same_account_reply_delay_days: 30,
  num_contacts_email_status_extrapolated: 0,
  remind_ab_test_results: false,
};

/** The labels of the sequence with steps. */
const LABELS = [
  ['Outbound', '65340581c1fcaa00a35620a1'],
  ['Q3', '65340581c1fcaa00a35620a2'],
] as const;

/** The state that every sandbox starts with and goes back to. */
export function seededState(touchForCall: boolean): State {
  const state = emptyState();
  for (const [id, name, seed] of CAMPAIGNS) {
    const campaign = { ...makeCampaign(id, name, SEEDED_AT), ...SETTINGS };
    state.campaigns.set(id, seed === 'with_steps' ? inUse(campaign) : campaign);
    if (seed) state.seeds.set(id, seed);
  }
  for (const [name, id] of LABELS) state.labels.set(name, id);
  storeContent(state, makeTemplate(EXISTING_TEMPLATE_ID, SEEDED_AT), {
    name: 'Existing template',
    subject: 'Existing subject',
    body_html: '<p>Existing body</p>',
  });
  seedTasks(state, touchForCall);
  seedEmail(state);
  return state;
}

/** Shared with the team, labelled, and used once. */
function inUse(campaign: Campaign): Campaign {
  return {
    ...campaign,
    label_ids: LABELS.map(([, id]) => id),
    last_used_at: '2023-10-24T09:15:02.117Z',
    sharing_permission: { ...campaign.sharing_permission, visibility: 'everyone', access_type: 'can_view' },
  };
}

function seedTasks(state: State, touchForCall: boolean): void {
  const common = { ...UNSET, emailer_campaign_id: WITH_STEPS, wait_mode: 'day' } as const;
  const callId = '6534186280a51800a3714128';
  state.steps.set(callId, { ...common, id: callId, position: 1, type: 'call', wait_time: 0 });
  if (touchForCall) {
    const ids = { template: '6534186280a51800a3714129', touch: '6534186280a51800a371412a' };
    storeBlankContent(state, callId, SEEDED_AT, ids);
  }
  const taskId = '6534187080a51800ba6f894a';
  const task = { ...common, id: taskId, position: 2, type: 'action_item', wait_time: 3 } as const;
  state.steps.set(taskId, { ...task, note: 'Look up the company' });
}

function seedEmail(state: State): void {
  const id = '6534185c80a51800a3714108';
  const when = { position: 1, wait_mode: 'minute', wait_time: 0 } as const;
  state.steps.set(id, { ...UNSET, id, emailer_campaign_id: WITH_EMAIL, type: 'auto_email', ...when });
  const ids = { template: '6534185c80a51800a3714109', touch: '6534185c80a51800a371410a' };
  const { touch, template } = storeBlankContent(state, id, SEEDED_AT, ids);
  state.touches.set(touch.id, { ...touch, status: 'approved' });
  storeContent(state, template, { subject: 'Seeded subject', body_html: '<p>Seeded body</p>' });
}

function storeContent(
  state: State,
  template: EmailerTemplate,
  content: { name?: string; subject: string; body_html: string },
): void {
  state.templates.set(template.id, { ...template, ...content, body_text: textOf(content.body_html) });
}
