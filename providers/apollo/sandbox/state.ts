import type { SandboxSequence, Seed, StoredStep } from '#sandbox';
import type { Priority, StepType, TouchStatus, TouchType, WaitMode } from './schemas.ts';
import type { ApolloWorld } from './worlds.ts';

export type SharingPermission = Readonly<Record<string, unknown>> & {
  readonly visibility: 'restricted' | 'everyone';
  readonly access_type: 'can_view' | 'can_edit' | 'full_access' | null;
  readonly sharing_accesses: readonly (Readonly<Record<string, unknown>> & { readonly user_or_team_id: string })[];
};

export type Campaign = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  readonly archived: boolean;
  readonly created_at: string;
  readonly user_id: string;
  readonly sequence_by_exact_daytime: boolean | null;
  readonly sharing_permission: SharingPermission;
};

export type EmailerStep = {
  readonly id: string;
  readonly emailer_campaign_id: string;
  readonly position: number;
  readonly type: StepType;
  readonly wait_mode: WaitMode | null;
  readonly wait_time: number | null;
  readonly exact_datetime: string | null;
  readonly priority: Priority | null;
  readonly note: string | null;
  readonly max_emails_per_day: number | null;
  readonly auto_skip_in_x_days: number | null;
};

export type EmailerTouch = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly emailer_step_id: string;
  readonly emailer_template_id: string;
  readonly status: TouchStatus;
  readonly type: TouchType;
  readonly include_signature: boolean;
};

export type EmailerTemplate = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly subject: string | null;
  readonly body_html: string;
  readonly body_text: string;
};

export interface State {
  readonly campaigns: Map<string, Campaign>;
  readonly seeds: Map<string, Seed>;
  readonly steps: Map<string, EmailerStep>;
  readonly touches: Map<string, EmailerTouch>;
  readonly templates: Map<string, EmailerTemplate>;
  /** The ids of the labels by their names. */
  readonly labels: Map<string, string>;
  readonly newId: () => string;
}

/** What every handler works in: one per call. */
export interface Room {
  readonly state: State;
  readonly world: ApolloWorld;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const SECONDS = { minute: 60, hour: 3600, day: 86_400 } as const;

/** Types that get a blank touch and template with the step, and that run only once that touch is approved. */
const WITH_CONTENT: ReadonlySet<StepType> = new Set([
  'auto_email',
  'manual_email',
  'linkedin_step_message',
  'linkedin_step_connect',
]);

/** Types that hold an email, which a later touch can reply to. */
const EMAILS: ReadonlySet<StepType> = new Set(['auto_email', 'manual_email']);

export function emptyState(): State {
  let made = 0;
  return {
    campaigns: new Map(),
    seeds: new Map(),
    steps: new Map(),
    touches: new Map(),
    templates: new Map(),
    labels: new Map(),
    newId: () => `68b1f3a2e1d2c400${(++made).toString(16).padStart(8, '0')}`,
  };
}

export function hasContent(type: StepType): boolean {
  return WITH_CONTENT.has(type);
}

export function isEmail(type: StepType): boolean {
  return EMAILS.has(type);
}

/** The steps of one campaign in the order of their positions. */
export function stepsOf(state: State, campaignId: string): readonly EmailerStep[] {
  return [...state.steps.values()]
    .filter((step) => step.emailer_campaign_id === campaignId)
    .sort((a, b) => a.position - b.position);
}

/** A step does not name its touches: a touch names its step (supaglue's recorded answer of 2023-10). */
export function touchesOf(state: State, stepId: string): readonly EmailerTouch[] {
  return [...state.touches.values()].filter((touch) => touch.emailer_step_id === stepId);
}

/** Removes a step and its touches. Templates stay: nothing public says that they go. */
export function removeStep(state: State, stepId: string): void {
  for (const touch of touchesOf(state, stepId)) state.touches.delete(touch.id);
  state.steps.delete(stepId);
}

/** Plain text of a template's or a note's HTML, which Apollo makes itself. */
export function textOf(html: string): string {
  return html.replace(/<[^>]*>/g, '').trim();
}

export function listSequences(state: State): readonly SandboxSequence[] {
  return [...state.campaigns.values()].map((campaign) => {
    const { id, name, active } = campaign;
    const seed = state.seeds.get(id);
    return { id, name, num_steps: stepsOf(state, id).length, active, native: campaign, ...(seed ? { seed } : {}) };
  });
}

export function listStoredSteps(state: State, campaignId: string): readonly StoredStep[] {
  const byDate = state.campaigns.get(campaignId)?.sequence_by_exact_daytime === true;
  return stepsOf(state, campaignId).map((step) => {
    const touches = touchesOf(state, step.id);
    const [touch] = touches;
    return {
      id: step.id,
      type: step.type,
      delay_seconds: byDate ? null : delayOf(step),
      live: !hasContent(step.type) || touches.some(({ status }) => status === 'approved'),
      native: {
        emailer_step: step,
        emailer_touch: touch,
        emailer_template: touch && state.templates.get(touch.emailer_template_id),
      },
    };
  });
}

function delayOf({ wait_time, wait_mode }: EmailerStep): number | null {
  return wait_time === null || wait_mode === null ? null : wait_time * SECONDS[wait_mode];
}
