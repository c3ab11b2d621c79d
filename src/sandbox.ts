/**
 * The kit for a provider's sandbox: a stateful fake of the provider's HTTP API, written from the documented facts.
 *
 * A sandbox imports this module (as `#sandbox`) and nothing of its adapter, so that the two can disagree. One Hono app
 * serves `stepgate dev` on a port, the tests behind a network interceptor, and a user's own tests by import.
 */
import type { Hono } from 'hono';
import type { Limits } from './sandbox/limits.ts';
import type { Authorization } from './sandbox/oauth/server.ts';
import type { Faults, ReceivedCall } from './sandbox/recorded-app.ts';

export type { CallMatch, Fault, FaultRule, ForcedAnswer, Moment, Refusals, StandingFault } from './sandbox/faults.ts';
export { adjustableLimits, type AdjustableLimits, type Limits } from './sandbox/limits.ts';
export { RefusedInBrowser, type ConsentOptions } from './sandbox/oauth/consent.ts';
export type { Granted, TokenCount } from './sandbox/oauth/grants.ts';
export type { OAuthClient, OAuthRules, RedirectRules, RefreshRules } from './sandbox/oauth/rules.ts';
export { authorizationServer, type Authorization, type AuthorizationServer } from './sandbox/oauth/server.ts';
export { recordedApp, type RecordedApp, type ReceivedCall } from './sandbox/recorded-app.ts';

/** What a seeded sequence is for. Every sandbox has `empty` and `with_steps`; the others where the provider can hold them. */
export type Seed = 'empty' | 'with_steps' | 'with_email' | 'date_based';

export interface SandboxSequence {
  readonly id: string;
  readonly name: string;
  readonly num_steps: number;
  /** The state that the sequence was seeded with; absent on what was created later. */
  readonly seed?: Seed;
  /** Whether it runs, where the provider knows such a state. */
  readonly active?: boolean;
  /** The stored native sequence object. */
  readonly native?: Readonly<Record<string, unknown>>;
}

/** One step as the sandbox has stored it, with the two things a caller cares about worked out by the sandbox itself. */
export interface StoredStep {
  readonly id: string;
  /** The native type word, as the provider stores it. */
  readonly type: string;
  /** Nominal seconds after the previous step (first step: after the prospect enters); null where a date schedules it. */
  readonly delay_seconds: number | null;
  /** Whether the provider would act on this step once its sequence runs: an email without approved content would not. */
  readonly live: boolean;
  /** The stored native objects by their native name, such as `{sequenceStep, template, sequenceTemplate}`. */
  readonly native: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
}

export interface Sandbox extends Faults {
  readonly app: Hono;
  /** Scheme and host of the real API, where the tests mount the sandbox. */
  readonly origin: string;
  /** Where the API is in this world, if it is not at the adapter's own base URL. */
  readonly base_url?: string;
  /** The credentials that the sandbox accepts, by kind. Any other is refused as the provider refuses it. */
  readonly credentials: Readonly<{ api_key?: string; access_token?: string }>;
  /** The provider's authorisation server, where accounts are connected by their owner's consent. */
  readonly authorization?: Authorization;
  /** Ids of templates that exist from the start. */
  readonly templates: readonly string[];
  sequences(): readonly SandboxSequence[];
  /** The stored steps of one sequence, in the order in which they run. */
  steps(sequenceId: string): readonly StoredStep[];
  /** Everything received since the start or the last reset, oldest first. */
  calls(): readonly ReceivedCall[];
  /** The budgets as they are now. A budget that is spent is refused in the provider's own words. */
  limits(): Limits;
  /** @throws {TypeError} for a name that the sandbox does not know and for what is no number from 0. */
  changeLimits(changes: Limits): void;
  /** Back to the seeded state and the first limits, with whole budgets; calls and faults are forgotten. */
  reset(): void;
}

/** Values that a world switch can take; the first is the default. Each switch stands for a conflict or an unknown in the facts. */
export type Worlds = Readonly<Record<string, readonly [string, string, ...string[]]>>;

export type World<W extends Worlds> = { readonly [K in keyof W]: W[K][number] };

export interface SandboxOptions<W extends Worlds> {
  readonly world?: Partial<World<W>>;
  /** Milliseconds since the epoch; a test hands in its own clock. */
  readonly now?: () => number;
  /** Other budgets than the provider's. */
  readonly limits?: Limits;
  /** Whether redirect URIs on loopback are taken although the provider wants https: `stepgate dev` has no certificate. */
  readonly loopback_redirects?: boolean;
}

/** The default export of a provider's `sandbox.ts`. */
export interface SandboxModule<W extends Worlds = Worlds> {
  readonly worlds: W;
  readonly create: (options?: SandboxOptions<W>) => Sandbox;
}

export function defineSandbox<const W extends Worlds>(module: SandboxModule<W>): SandboxModule<W> {
  return module;
}

/** Fills a partial world with the defaults. */
export function completeWorld<W extends Worlds>(worlds: W, chosen: Partial<World<W>> = {}): World<W> {
  const defaults = Object.fromEntries(Object.entries(worlds).map(([name, values]) => [name, values[0]]));
  return { ...defaults, ...chosen };
}
