import { stats } from './make.ts';
import { stepsOf, textOf } from './state.ts';
import type { Campaign, EmailerStep, EmailerTouch, State } from './state.ts';

const NOBODY = { active: 0, paused: 0, finished: 0, bounced: 0, spam_blocked: 0, hard_bounced: 0, not_sent: 0 };

/** A step as it is answered; calls carry their note a second time, as text. */
export function stepView(step: EmailerStep): Record<string, unknown> {
  const view = { ...step, counts: NOBODY, ab_test_details: {} };
  if (step.type !== 'call') return view;
  return { ...view, note_text: step.note === null ? null : textOf(step.note), outcomes: [] };
}

/** The counters of a touch are often still "loading" (supaglue's recorded answer of 2023-10). */
export function touchView(touch: EmailerTouch): Record<string, unknown> {
  return { ...touch, ...stats('loading') };
}

export function campaignView(state: State, campaign: Campaign): Record<string, unknown> {
  return { ...campaign, num_steps: stepsOf(state, campaign.id).length };
}
