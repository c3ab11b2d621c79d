import type { SandboxSequence, Seed, StoredStep } from '#sandbox';
import type { ImportedStep, Settings, SharingSettings, StepGroup } from './schemas.ts';

/** A cadence as it was imported, with what Salesloft adds. Times are milliseconds since the epoch. */
export interface Cadence {
  readonly id: number;
  readonly settings: Settings;
  readonly sharing_settings: SharingSettings;
  readonly step_groups: readonly StepGroup[];
  readonly current_state: 'draft' | 'active';
  readonly created_at: number;
  readonly updated_at: number;
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
  readonly subject: string;
  readonly body: string;
  readonly open_tracking_enabled: boolean;
  readonly click_tracking_enabled: boolean;
  readonly created_at: number;
}

export interface State {
  readonly cadences: Map<number, Cadence>;
  readonly steps: Map<number, Step>;
  readonly templates: ReadonlyMap<number, EmailTemplate>;
  nextCadenceId: number;
  nextStepId: number;
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
    step_groups: [],
    current_state: 'draft',
    created_at: now,
    updated_at: now,
  };
  state.cadences.set(cadence.id, cadence);
  return cadence;
}

export function fillCadence(state: State, cadence: Cadence, content: NewContent, time: ImportTime): void {
  const times = { created_at: time.now, visible_from: time.visibleFrom };
  const perDay = new Map<number, number>();
  for (const group of content.step_groups) {
    for (const step of group.steps) {
      const step_number = (perDay.get(group.day) ?? 0) + 1;
      perDay.set(group.day, step_number);
      const id = state.nextStepId++;
      state.steps.set(id, { id, cadence_id: cadence.id, group, step, step_number, ...times });
    }
  }
  state.cadences.set(cadence.id, {
    ...cadence,
    settings: content.settings ?? cadence.settings,
    sharing_settings: content.sharing_settings ?? cadence.sharing_settings,
    step_groups: content.step_groups,
    updated_at: time.now,
  });
}

/** The steps of one cadence in the order in which they run. */
export function runningOrder(state: State, cadenceId: number): Step[] {
  return [...state.steps.values()]
    .filter((step) => step.cadence_id === cadenceId)
    .toSorted((a, b) => a.group.day - b.group.day || a.step_number - b.step_number);
}

export function storedSteps(state: State, cadenceId: number): StoredStep[] {
  const steps = runningOrder(state, cadenceId);
  return steps.map((step, index) => {
    const before = steps[index - 1];
    return {
      id: String(step.id),
      type: step.step.type,
      delay_seconds: startSeconds(step) - (before ? startSeconds(before) : 0),
      live: step.step.enabled,
      native: nativeGroups(step),
    };
  });
}

export function sandboxSequences(state: State): SandboxSequence[] {
  return [...state.cadences.values()].map(({ id, settings, seed }) => ({
    id: String(id),
    name: settings.name,
    num_steps: runningOrder(state, id).length,
    ...(seed ? { seed } : {}),
  }));
}

/** Days are counted from the start of the cadence; only an automated email can wait within its day. */
function startSeconds({ group }: Step): number {
  const minutes = group.automated ? (group.automated_settings?.delay_time ?? 0) : 0;
  return (group.day - 1) * 86_400 + minutes * 60;
}

function nativeGroups({ group, step: imported }: Step): StoredStep['native'] {
  const { steps, ...step_group } = group;
  const { type_settings, ...step } = imported;
  if (!('email_template' in type_settings)) return { step_group, step, type_settings };
  const { email_template, ...rest } = type_settings;
  return { step_group, step, type_settings: rest, email_template };
}
