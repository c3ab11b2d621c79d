/** Every write operation of every provider, as a request and what the sandbox holds when it was carried out once. */
import type { Sandbox, Seed } from '../../src/sandbox.ts';

export interface Scenario {
  readonly provider: string;
  readonly name: string;
  readonly method: string;
  readonly path: (sandbox: Sandbox) => string;
  readonly body?: object;
  /** Requests that have to come before. */
  readonly before?: readonly {
    readonly method: string;
    readonly path: (sandbox: Sandbox) => string;
    readonly body?: object;
  }[];
}

const EMAIL = { type: 'auto_email', interval_seconds: 86_400, template: { subject: 'Hi', body: '<p>Hi</p>' } };
const REPLY = { type: 'manual_email', is_reply: true, template: { body: '<p>Bump</p>' } };
const CALL = { type: 'call', name: 'Call', interval_seconds: 86_400 };
const STEPS = [EMAIL, CALL, REPLY];

const seeded = (sandbox: Sandbox, seed: Seed): string =>
  sandbox.sequences().find((each) => each.seed === seed)?.id ?? '';
const steps =
  (seed: Seed) =>
  (sandbox: Sandbox): string =>
    `/sequences/${seeded(sandbox, seed)}/sequence_steps`;
const sequence =
  (seed: Seed, more = '') =>
  (sandbox: Sandbox): string =>
    `/sequences/${seeded(sandbox, seed)}${more}`;
const firstStep =
  (seed: Seed) =>
  (sandbox: Sandbox): string =>
    `${steps(seed)(sandbox)}/${sandbox.steps(seeded(sandbox, seed))[0]?.id ?? ''}`;

const create = (provider: string): readonly Scenario[] => [
  { provider, name: 'create call', method: 'POST', path: steps('empty'), body: { record: CALL } },
  { provider, name: 'create email', method: 'POST', path: steps('empty'), body: { record: EMAIL } },
  {
    provider,
    name: 'batch',
    method: 'POST',
    path: (sandbox) => `${steps('empty')(sandbox)}/_batch`,
    body: { records: STEPS },
  },
  {
    provider,
    name: 'create sequence',
    method: 'POST',
    path: () => '/sequences',
    body: { record: { name: 'Made under faults', steps: STEPS } },
  },
];

const change = (provider: string): readonly Scenario[] => [
  {
    provider,
    name: 'change step',
    method: 'PATCH',
    path: firstStep('with_email'),
    body: { record: { interval_seconds: 7_200, template: { body: '<p>New</p>' } } },
  },
  {
    provider,
    name: 'change sequence',
    method: 'PATCH',
    path: sequence('with_email'),
    body: { record: { name: 'Renamed under faults' } },
  },
  { provider, name: 'activate', method: 'POST', path: sequence('with_email', '/actions/activate') },
  {
    provider,
    name: 'deactivate',
    method: 'POST',
    path: sequence('with_email', '/actions/deactivate'),
    before: [{ method: 'POST', path: sequence('with_email', '/actions/activate') }],
  },
];

export const SCENARIOS: readonly Scenario[] = [
  ...create('apollo'),
  ...create('outreach'),
  ...create('salesloft'),
  ...change('apollo'),
  ...change('outreach'),
  { provider: 'apollo', name: 'delete step', method: 'DELETE', path: firstStep('with_steps') },
  { provider: 'outreach', name: 'delete sequence', method: 'DELETE', path: sequence('with_steps') },
];
