/** What every part of the derived suite stands on: one provider, its sandbox in one world, and the gateway in front of it. */
import { isNone, wordFor } from '../../src/model/cell.ts';
import { type CreateSteps } from '../../src/model/create-steps.ts';
import { type NamedProvider } from '../../src/model/declaration.ts';
import { STEP_TYPES, type StepType } from '../../src/model/step.ts';
import type { ReceivedCall, Sandbox, Seed, StoredStep } from '../../src/sandbox.ts';
import type { Answer } from '../support/answer.ts';
import { CUSTOMER, type House } from '../support/house.ts';

export interface Stage {
  readonly name: string;
  readonly house: House;
  readonly provider: NamedProvider;
  readonly sandbox: Sandbox;
}

/** Without where the provider is: what a dry run shows, as the golden says it. */
export function pathOf({ house, name, provider }: Stage, url: string): string {
  const { origin } = new URL(house.reached.baseUrls.get(name) ?? provider.base_url);
  return url.replace(origin, '');
}

/** Failures of a test are not to open the circuit for the next: new credentials start anew. */
export async function forgetLimits({ house, name }: Stage): Promise<void> {
  await house.connect(name);
}

export interface Warning {
  readonly problem_type: string;
  readonly action: string;
  readonly source: { readonly pointer: string };
  readonly from?: unknown;
  readonly to?: unknown;
  readonly detail: string;
}

export interface Outcome {
  readonly answer: Answer;
  readonly status: number;
  readonly id: string | undefined;
  readonly warnings: readonly Warning[];
  readonly errors: readonly { readonly code: string; readonly detail: string; readonly pointer?: string }[];
  readonly calls: readonly ReceivedCall[];
  /** The calls that could have changed something. */
  readonly writes: readonly ReceivedCall[];
  /** The steps that the sequence has and did not have before. */
  readonly added: readonly StoredStep[];
}

export interface CreateOptions {
  readonly seed?: Seed;
  readonly strict?: boolean;
  readonly dryRun?: boolean;
  /** Without patience nothing is repeated. */
  readonly impatient?: boolean;
}

/** Creates one step in a freshly seeded sandbox, through the HTTP door. */
export async function create(
  { house, sandbox, name }: Stage,
  record: unknown,
  options: CreateOptions = {},
): Promise<Outcome> {
  sandbox.reset();
  const sequence = sequenceFor(sandbox, options.seed ?? 'empty');
  const before = new Set(sandbox.steps(sequence).map(({ id }) => id));
  const answer = await house.ask(`/sequences/${sequence}/sequence_steps${options.dryRun ? '?dry_run=true' : ''}`, {
    method: 'POST',
    headers: {
      'x-customer-id': CUSTOMER,
      'x-provider-name': name,
      prefer: [options.strict ? 'handling=strict' : '', options.impatient ? 'wait=0' : ''].join(),
    },
    body: { record },
  });
  const { record: created, warnings = [], errors = [] } = (answer.json ?? {}) as Partial<Body>;
  const calls = sandbox.calls();
  return {
    answer,
    status: answer.status,
    id: created?.id,
    warnings,
    calls,
    errors: errors.map(({ code, detail, source }) => ({
      code,
      detail,
      ...(source?.pointer ? { pointer: source.pointer } : {}),
    })),
    writes: calls.filter(({ method, path }) => method !== 'GET' && !/\/search(\?|$)/.test(path)),
    added: sandbox.steps(sequence).filter(({ id }) => !before.has(id)),
  };
}

interface Body {
  readonly record: { readonly id: string };
  readonly warnings: readonly Warning[];
  readonly errors: readonly {
    readonly code: string;
    readonly detail: string;
    readonly source?: { readonly pointer?: string };
  }[];
}

export function sequenceFor(sandbox: Sandbox, seed: Seed): string {
  const sequence = sandbox.sequences().find((each) => each.seed === seed);
  if (!sequence) throw new Error(`The sandbox has no sequence seeded ${seed}.`);
  return sequence.id;
}

export function hasSeed(sandbox: Sandbox, seed: Seed): boolean {
  return sandbox.sequences().some((each) => each.seed === seed);
}

export function createStepsOf({ can, name }: NamedProvider): CreateSteps {
  const { create_steps: operation } = can;
  if (isNone(operation)) throw new Error(`${name} creates no steps.`);
  return operation;
}

export function canCreate(provider: NamedProvider, type: StepType): boolean {
  return wordFor(createStepsOf(provider).types[type]) !== undefined;
}

/** This type where the provider can create it, else the first that it can: none has to have emails, or calls. */
export function typeFor(provider: NamedProvider, wanted: StepType): StepType {
  const type = [wanted, ...STEP_TYPES].find((each) => canCreate(provider, each));
  if (type === undefined) throw new Error(`${provider.name} declares no type that it can create.`);
  return type;
}

/** The least that a step of this type needs everywhere: emails start a thread, messages have a text. */
export function minimalRecord(type: StepType): { type: StepType; template?: { body: string; subject?: string } } {
  if (type === 'auto_email' || type === 'manual_email')
    return { type, template: { subject: 'Subject', body: '<p>Body</p>' } };
  if (type === 'linkedin_send_message' || type === 'linkedin_send_connection_request')
    return { type, template: { body: 'Hello' } };
  return { type };
}

/** The wire form of the writes, for comparing requests; ids that a sandbox counts up are the same after each reset. */
export function wire(outcome: Outcome): string {
  return outcome.writes.map(({ method, path, body }) => `${method} ${path} ${body}`).join('\n');
}

export function pairs(warnings: readonly Warning[]): readonly string[] {
  return warnings.map(({ problem_type, source }) => `${problem_type} ${source.pointer}`).toSorted();
}
