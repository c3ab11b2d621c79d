import type { Seed } from '#sandbox';
import { linksOf } from './links.ts';
import type { Links } from './links.ts';
import type { ImportedStep, Settings, SharingSettings, StepGroup } from './schemas.ts';

/** A cadence as it was imported, with what Salesloft adds. Times are milliseconds since the epoch. */
export interface Cadence {
  readonly id: number;
  readonly settings: Settings;
  readonly sharing_settings: SharingSettings;
  readonly links: Links;
  readonly current_state: 'draft' | 'active' | 'archived';
  readonly created_at: number;
  readonly updated_at: number;
  readonly archived_at: number | null;
  readonly seed?: Seed;
}

export interface Step {
  readonly id: number;
  readonly cadence_id: number;
  readonly group: StepGroup;
  readonly step: ImportedStep;
  /** Counts from 1 within the day, over all groups of that day, in the order of the import. */
  readonly step_number: number;
  readonly created_at: number;
  /** From when on `GET /v2/steps` shows it. */
  readonly visible_from: number;
}

export interface EmailTemplate {
  readonly id: number;
  readonly title: string;
  /** A reply has none of its own. */
  readonly subject: string | null;
  readonly body: string;
  readonly open_tracking_enabled: boolean;
  readonly click_tracking_enabled: boolean;
  readonly shared: boolean;
  readonly archived_at: number | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly owner_id: number;
  /** The step whose email it is; such a template is in no library. */
  readonly step_id: number | null;
}

export interface State {
  readonly cadences: Map<number, Cadence>;
  readonly steps: Map<number, Step>;
  readonly templates: Map<number, EmailTemplate>;
  /** Ids of users, stages and priorities, by kind and the name that an import gives. */
  readonly named: Map<string, number>;
  nextCadenceId: number;
  nextStepId: number;
  nextTemplateId: number;
}

/** What an import brings; without settings those of the cadence stay. */
export interface NewContent {
  readonly settings?: Settings | undefined;
  readonly sharing_settings?: SharingSettings | undefined;
  readonly step_groups: readonly StepGroup[];
}

/** Milliseconds since the epoch. */
export interface ImportTime {
  readonly now: number;
  readonly visibleFrom: number;
}

/** A new cadence is a draft until somebody activates it in Salesloft. */
export function addCadence(state: State, settings: Settings, sharing: SharingSettings, now: number): Cadence {
  const cadence: Cadence = {
    id: state.nextCadenceId++,
    settings,
    sharing_settings: sharing,
    links: linksOf(state.named, settings),
    current_state: 'draft',
    created_at: now,
    updated_at: now,
    archived_at: null,
  };
  state.cadences.set(cadence.id, cadence);
  return cadence;
}

export function fillCadence(state: State, cadence: Cadence, content: NewContent, time: ImportTime): void {
  const settings = content.settings ?? cadence.settings;
  const filled = {
    ...cadence,
    settings,
    sharing_settings: content.sharing_settings ?? cadence.sharing_settings,
    links: linksOf(state.named, settings),
    updated_at: time.now,
  };
  state.cadences.set(cadence.id, filled);
  const perDay = new Map<number, number>();
  for (const group of content.step_groups) {
    for (const step of group.steps) {
      const step_number = (perDay.get(group.day) ?? 0) + 1;
      perDay.set(group.day, step_number);
      addStep(state, filled, { group, step, step_number }, time);
    }
  }
}

/** The steps of one cadence in the order in which they run. */
export function runningOrder(state: State, cadenceId: number): Step[] {
  return [...state.steps.values()]
    .filter((step) => step.cadence_id === cadenceId)
    .toSorted((a, b) => a.group.day - b.group.day || a.step_number - b.step_number);
}

function addStep(
  state: State,
  { id: cadence_id, links }: Cadence,
  place: Pick<Step, 'group' | 'step' | 'step_number'>,
  { now, visibleFrom }: ImportTime,
): void {
  const id = state.nextStepId++;
  state.steps.set(id, { id, cadence_id, ...place, created_at: now, visible_from: visibleFrom });
  if (place.step.type !== 'Email') return;
  const { title, subject, body, open_tracking, click_tracking } = place.step.type_settings.email_template;
  const template: EmailTemplate = {
    id: state.nextTemplateId++,
    title,
    subject: subject ?? null,
    body,
    open_tracking_enabled: open_tracking ?? false,
    click_tracking_enabled: click_tracking ?? false,
    shared: false,
    archived_at: null,
    created_at: now,
    updated_at: now,
    owner_id: links.owner_id,
    step_id: id,
  };
  state.templates.set(template.id, template);
}
