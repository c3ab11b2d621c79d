import type { SandboxSequence, Seed, StoredStep } from '#sandbox';
import type { NewStep, STEP_TYPES, TOUCH_STATUSES, TOUCH_TYPES } from './schemas.ts';

export type Campaign = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly name: string;
};

export type EmailerStep = Required<NewStep> & { readonly id: string };

export type EmailerTouch = {
  readonly id: string;
  readonly emailer_step_id: string;
  readonly emailer_template_id: string;
  readonly status: (typeof TOUCH_STATUSES)[number];
  readonly type: (typeof TOUCH_TYPES)[number];
  readonly include_signature: boolean;
  readonly has_personalized_opener: null;
  readonly personalized_opener_fallback_option: string;
  readonly generic_personalized_opener: null;
};

export type EmailerTemplate = {
  readonly id: string;
  readonly name: string | null;
  readonly user_id: string;
  readonly subject: string | null;
  readonly body_html: string;
  readonly body_text: string;
  readonly creation_type: string;
  readonly folder_id: string | null;
  readonly label_ids: readonly string[];
  readonly description?: string | null;
  readonly starred_by_user_ids: readonly string[];
  readonly archived: boolean;
  readonly created_at: string;
  readonly global: boolean;
  readonly prompt_id: null;
};

export interface State {
  readonly campaigns: Map<string, Campaign>;
  readonly seeds: Map<string, Seed>;
  readonly steps: Map<string, EmailerStep>;
  readonly touches: Map<string, EmailerTouch>;
  readonly templates: Map<string, EmailerTemplate>;
  readonly newId: () => string;
}

type StepType = (typeof STEP_TYPES)[number];

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
    newId: () => `68b1f3a2e1d2c400${(++made).toString(16).padStart(8, '0')}`,
  };
}

export function hasContent(type: StepType): boolean {
  return WITH_CONTENT.has(type);
}

/** The steps of one campaign in the order of their positions. */
export function stepsOf(state: State, campaignId: string): readonly EmailerStep[] {
  return [...state.steps.values()]
    .filter((step) => step.emailer_campaign_id === campaignId)
    .sort((a, b) => a.position - b.position);
}

/** A step does not name its touch: the touch names the step (supaglue's recorded answer of 2023-10). */
export function touchOf(state: State, stepId: string): EmailerTouch | undefined {
  return [...state.touches.values()].find((touch) => touch.emailer_step_id === stepId);
}

export function hasEarlierEmail(state: State, touch: EmailerTouch): boolean {
  const step = state.steps.get(touch.emailer_step_id);
  if (!step) return false;
  return stepsOf(state, step.emailer_campaign_id).some((it) => it.position < step.position && EMAILS.has(it.type));
}

/** Plain text of a template's or a note's HTML, which Apollo makes itself. */
export function textOf(html: string): string {
  return html.replace(/<[^>]*>/g, '').trim();
}

export function listSequences(state: State): readonly SandboxSequence[] {
  return [...state.campaigns.values()].map(({ id, name }) => {
    const seed = state.seeds.get(id);
    return { id, name, num_steps: stepsOf(state, id).length, ...(seed ? { seed } : {}) };
  });
}

export function listStoredSteps(state: State, campaignId: string): readonly StoredStep[] {
  return stepsOf(state, campaignId).map((step) => {
    const touch = touchOf(state, step.id);
    return {
      id: step.id,
      type: step.type,
      delay_seconds: step.wait_time * SECONDS[step.wait_mode],
      live: !hasContent(step.type) || touch?.status === 'approved',
      native: {
        emailer_step: step,
        emailer_touch: touch,
        emailer_template: touch && state.templates.get(touch.emailer_template_id),
      },
    };
  });
}
