import type { Seed } from '#sandbox';
import { makeCampaign, makeStep, makeTemplate } from './make.ts';
import { emptyState, textOf } from './state.ts';
import type { EmailerTemplate, State } from './state.ts';

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

/** The state that every sandbox starts with and goes back to. */
export function seededState(touchForCall: boolean): State {
  const state = emptyState();
  for (const [id, name, seed] of CAMPAIGNS) {
    state.campaigns.set(id, makeCampaign(id, name, SEEDED_AT));
    if (seed) state.seeds.set(id, seed);
  }
  storeContent(state, makeTemplate(EXISTING_TEMPLATE_ID, SEEDED_AT), {
    name: 'Existing template',
    subject: 'Existing subject',
    body_html: '<p>Existing body</p>',
  });
  seedTasks(state, touchForCall);
  seedEmail(state, touchForCall);
  return state;
}

function seedTasks(state: State, touchForCall: boolean): void {
  const common = { emailer_campaign_id: WITH_STEPS, wait_mode: 'day' } as const;
  const call = { ...common, position: 1, type: 'call', wait_time: 0 } as const;
  makeStep(state, call, SEEDED_AT, touchForCall, {
    step: '6534186280a51800a3714128',
    template: '6534186280a51800a3714129',
    touch: '6534186280a51800a371412a',
  });
  const task = { ...common, position: 2, type: 'action_item', wait_time: 3, note: 'Look up the company' } as const;
  makeStep(state, task, SEEDED_AT, touchForCall, {
    step: '6534187080a51800ba6f894a',
    template: '6534187080a51800ba6f894b',
    touch: '6534187080a51800ba6f894c',
  });
}

function seedEmail(state: State, touchForCall: boolean): void {
  const email = {
    emailer_campaign_id: WITH_EMAIL,
    position: 1,
    type: 'auto_email',
    wait_mode: 'minute',
    wait_time: 0,
  } as const;
  const { touch, template } = makeStep(state, email, SEEDED_AT, touchForCall, {
    step: '6534185c80a51800a3714108',
    template: '6534185c80a51800a3714109',
    touch: '6534185c80a51800a371410a',
  });
  if (!touch || !template) return;
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
