/** What the tests of the door share: asking for a step, and reading what came back. */
import { afterAll, beforeEach } from 'vitest';
import type { Sandbox, Seed, StoredStep } from '../../src/sandbox.ts';
import type { Answer } from '../support/answer.ts';
import { CUSTOMER, openHouse, writesAmong, type House, type HouseOptions } from '../support/house.ts';

export interface ErrorObject {
  readonly id: string;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly problem_type: string;
  readonly status: string;
  readonly source?: { readonly pointer?: string; readonly parameter?: string; readonly header?: string };
  readonly meta: {
    readonly origin: string;
    readonly provider?: string;
    readonly retriable: boolean;
    readonly outcome?: string;
    readonly created?: readonly { readonly kind: string; readonly id: string }[];
    readonly candidates?: readonly string[];
    readonly upstream?: { readonly status?: number; readonly retry_after?: string; readonly body?: unknown };
  };
}

export interface WarningObject {
  readonly problem_type: string;
  readonly action: string;
  readonly source: { readonly pointer: string; readonly parameter?: string };
  readonly from?: unknown;
  readonly to?: unknown;
  readonly provider: string;
}

interface Body {
  readonly record: { readonly id: string };
  readonly requests: readonly { readonly method: string; readonly url: string; readonly body?: unknown }[];
  readonly warnings: readonly WarningObject[];
  readonly errors: readonly ErrorObject[];
}

export function bodyOf({ json }: Answer): Partial<Body> {
  return typeof json === 'object' && json !== null ? json : {};
}

export function errorsOf(answer: Answer): readonly ErrorObject[] {
  return bodyOf(answer).errors ?? [];
}

/** `CODE where` of each error, for comparing at a glance. */
export function told(answer: Answer): readonly string[] {
  return errorsOf(answer).map(({ code, source = {} }) => {
    const where = source.pointer ?? source.parameter ?? source.header;
    return where === undefined ? code : `${code} ${where}`;
  });
}

/** `TYPE pointer` of each warning. */
export function warned(answer: Answer): readonly string[] {
  return (bodyOf(answer).warnings ?? []).map(
    ({ problem_type, source }) =>
      `${problem_type} ${source.parameter === undefined ? source.pointer : `?${source.parameter}`}`,
  );
}

export const PROVIDERS = ['apollo', 'outreach', 'salesloft'] as const;

/** A house whose customer is connected to every provider. */
export async function openConnectedHouse(options: HouseOptions = {}): Promise<House> {
  const house = await openHouse(options);
  for (const name of PROVIDERS) await house.connect(name);
  return house;
}

/** One house for all tests of a file: each test finds the sandboxes as at first. */
export async function houseOfFile(open: () => Promise<House> = openConnectedHouse): Promise<House> {
  const house = await open();
  beforeEach(() => {
    resetSandboxes(house);
  });
  afterAll(() => house.close());
  return house;
}

/** What a test asks: a house, or a gateway behind real sockets. */
export type Asked = Pick<House, 'ask' | 'sandbox'>;

export function resetSandboxes({ sandbox }: Asked): void {
  for (const name of PROVIDERS) sandbox(name).reset();
}

export function tenant(provider: string, customer = CUSTOMER): Readonly<Record<string, string>> {
  return { 'x-customer-id': customer, 'x-provider-name': provider };
}

export function sequenceOf(sandbox: Sandbox, seed: Seed = 'empty'): string {
  const sequence = sandbox.sequences().find((each) => each.seed === seed);
  if (!sequence) throw new Error(`The sandbox has no sequence seeded ${seed}.`);
  return sequence.id;
}

/** Every step that a provider holds. */
export function allSteps(asked: Asked, provider = 'outreach'): readonly StoredStep[] {
  const sandbox = asked.sandbox(provider);
  return sandbox.sequences().flatMap(({ id }) => sandbox.steps(id));
}

/** The writes that a provider has carried out. */
export function writesDone({ sandbox }: Asked, provider = 'outreach') {
  return writesAmong(sandbox(provider).calls()).filter(({ status }) => status < 300);
}

export interface CreateOptions {
  readonly provider?: string;
  readonly seed?: Seed;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Posts a body to a seeded sequence; a string is sent as it stands. */
export function postStep(asked: Asked, body: unknown, options: CreateOptions = {}): Promise<Answer> {
  const { provider = 'outreach', seed = 'empty', query = '', headers = {} } = options;
  const path = `/sequences/${sequenceOf(asked.sandbox(provider), seed)}/sequence_steps${query}`;
  return asked.ask(path, { method: 'POST', headers: { ...tenant(provider), ...headers }, body });
}

export function createStep(asked: Asked, record: unknown, options: CreateOptions = {}): Promise<Answer> {
  return postStep(asked, { record }, options);
}

export function listSequences(asked: Asked, provider: string, customer = CUSTOMER): Promise<Answer> {
  return asked.ask('/sequences', { headers: tenant(provider, customer) });
}

export function connectionPath(provider: string, customer = CUSTOMER): string {
  return `/customers/${customer}/connections/${provider}`;
}

/** Stores credentials; the secret stands under the name of its kind. */
export function putConnection(
  asked: Asked,
  provider: string,
  type: string,
  secret: unknown,
  customer = CUSTOMER,
): Promise<Answer> {
  return asked.ask(connectionPath(provider, customer), {
    method: 'PUT',
    body: { credentials: { type, [type]: secret } },
  });
}
