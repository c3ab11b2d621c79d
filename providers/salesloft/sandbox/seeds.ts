import type { Seed } from '#sandbox';
import { USER_ID } from './links.ts';
import type { Settings, SharingSettings, StepGroup } from './schemas.ts';
import { emailGroup, everyKind, phoneGroup } from './seeded-groups.ts';
import { addCadence, fillCadence } from './state.ts';
import type { Cadence, EmailTemplate, State } from './state.ts';

/** The state that a sandbox starts with and goes back to. */
export function seededState(): State {
  const state: State = {
    cadences: new Map(),
    steps: new Map(),
    templates: new Map([[existingTemplate.id, existingTemplate]]),
    named: new Map(),
    nextCadenceId: 123,
    nextStepId: 1001,
    nextTemplateId: 601,
  };
  cadences.forEach(({ name, seed, more, shared_by_team, current_state, step_groups = [] }, index) => {
    const now = SEEDED_AT + index * 60_000;
    const cadence = addCadence(state, { ...settings, ...more, name }, shared_by_team ? team : sharing, now);
    fillCadence(state, cadence, { step_groups }, { now, visibleFrom: -Infinity });
    state.cadences.set(cadence.id, {
      ...(state.cadences.get(cadence.id) ?? cadence),
      current_state: current_state ?? (step_groups.length > 0 ? 'active' : 'draft'),
      archived_at: current_state === 'archived' ? now : null,
      ...(seed ? { seed } : {}),
    });
  });
  state.nextCadenceId = 1001;
  state.nextStepId = 2001;
  state.nextTemplateId = 3001;
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
const team: SharingSettings = { team_cadence: true, shared: true };

interface SeededCadence {
  readonly name: string;
  readonly seed?: Seed;
  readonly more?: Partial<Settings>;
  readonly shared_by_team?: true;
  readonly current_state?: Cadence['current_state'];
  readonly step_groups?: readonly StepGroup[];
}

const attributes: Partial<Settings> = {
  tags: 'inbound,trial',
  external_identifier: 'cadence-with-a-call',
  cadence_owner: 'owner@example.com',
  target_daily_people: 10,
};

/** Ids are given in this order, from 123. */
const cadences: readonly SeededCadence[] = [
  { name: 'Empty cadence', seed: 'empty' },
  { name: 'Cadence with a call', seed: 'with_steps', more: attributes, step_groups: [phoneGroup] },
  { name: 'Cadence with an email', seed: 'with_email', step_groups: [emailGroup] },
  { name: 'Plain cadence A' },
  { name: 'Plain cadence B' },
  { name: 'Plain cadence C' },
  { name: 'Plain cadence D' },
  { name: 'Cadence of every kind', shared_by_team: true, step_groups: everyKind },
  { name: 'Archived cadence', current_state: 'archived', step_groups: [phoneGroup] },
];

const existingTemplate: EmailTemplate = {
  id: 501,
  title: 'Existing template',
  subject: 'Existing subject',
  body: '<p>Existing body</p>',
  open_tracking_enabled: true,
  click_tracking_enabled: false,
  shared: true,
  archived_at: null,
  created_at: SEEDED_AT,
  updated_at: SEEDED_AT,
  owner_id: USER_ID,
  step_id: null,
};
