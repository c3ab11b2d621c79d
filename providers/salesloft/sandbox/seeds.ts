import type { Seed } from '#sandbox';
import type { Settings, SharingSettings, StepGroup } from './schemas.ts';
import { addCadence, fillCadence } from './state.ts';
import type { EmailTemplate, State } from './state.ts';

/** The state that a sandbox starts with and goes back to. */
export function seededState(): State {
  const templates = new Map([[existingTemplate.id, existingTemplate]]);
  const state: State = { cadences: new Map(), steps: new Map(), templates, nextCadenceId: 123, nextStepId: 1001 };
  cadences.forEach(({ name, seed, step_groups }, index) => {
    const time = SEEDED_AT + index * 60_000;
    const cadence = addCadence(state, { ...settings, name }, sharing, time);
    if (step_groups) fillCadence(state, cadence, { step_groups }, { now: time, visibleFrom: -Infinity });
    const stored = state.cadences.get(cadence.id) ?? cadence;
    state.cadences.set(cadence.id, {
      ...stored,
      current_state: step_groups ? 'active' : 'draft',
      ...(seed ? { seed } : {}),
    });
  });
  state.nextCadenceId = 1001;
  state.nextStepId = 2001;
  return state;
}

const SEEDED_AT = Date.UTC(2025, 0, 13, 12, 47, 31);

const settings: Omit<Settings, 'name'> = {
  target_daily_people: 0,
  remove_replied: true,
  remove_bounced: true,
  external_identifier: null,
  cadence_function: 'outbound',
};

const sharing: SharingSettings = { team_cadence: false, shared: true };

const phoneGroup: StepGroup = {
  day: 1,
  automated: false,
  due_immediately: false,
  reference_id: 1,
  steps: [{ enabled: true, name: 'First call', type: 'Phone', type_settings: { instructions: 'Call and introduce' } }],
};

const emailGroup: StepGroup = {
  day: 1,
  automated: true,
  automated_settings: { send_type: 'after_time_delay', delay_time: 0 },
  due_immediately: false,
  reference_id: 1,
  steps: [
    {
      enabled: true,
      name: 'First email',
      type: 'Email',
      type_settings: { email_template: { title: 'First email', subject: 'Hello', body: '<p>Hello</p>' } },
    },
  ],
};

/** Ids are given in this order, from 123. */
const cadences: readonly { name: string; seed?: Seed; step_groups?: readonly StepGroup[] }[] = [
  { name: 'Empty cadence', seed: 'empty' },
  { name: 'Cadence with a call', seed: 'with_steps', step_groups: [phoneGroup] },
  { name: 'Cadence with an email', seed: 'with_email', step_groups: [emailGroup] },
  { name: 'Plain cadence A' },
  { name: 'Plain cadence B' },
  { name: 'Plain cadence C' },
  { name: 'Plain cadence D' },
];

const existingTemplate: EmailTemplate = {
  id: 501,
  title: 'Existing template',
  subject: 'Existing subject',
  body: '<p>Existing body</p>',
  open_tracking_enabled: true,
  click_tracking_enabled: false,
  created_at: SEEDED_AT,
};
