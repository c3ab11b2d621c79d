/** Faults for a user of `stepgate dev`: asked for over HTTP, seen through the gateway. */
import { readFile } from 'node:fs/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readDevConfig } from '../../src/config/config.ts';
import { isNone } from '../../src/model/cell.ts';
import { none } from '../../src/provider.ts';
import { startDev, type Dev } from '../../src/dev/dev.ts';
import { runDemo } from '../../src/dev/demo.ts';

let dev: Dev;
beforeAll(async () => {
  dev = await startDev(readDevConfig({ PORT: '0' }), pino({ level: 'silent' }));
  await runDemo(dev);
});
beforeEach(async () => {
  await fetch(`${dev.url}/dev/reset`, { method: 'POST' });
});
afterAll(() => dev.close());

interface Json {
  readonly status: number;
  readonly body: Record<string, unknown> & { readonly errors?: readonly { readonly code: string; detail: string }[] };
}

async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Json> {
  const json = { 'content-type': 'application/json', ...headers };
  const answer = await fetch(dev.url + path, {
    method,
    headers: json,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Json['body'] };
}

/** Without patience nothing is repeated. */
function list(provider: string, prefer = 'wait=0'): Promise<Json> {
  const headers = { 'x-api-key': dev.apiKey, 'x-customer-id': 'my-customer-1', 'x-provider-name': provider, prefer };
  return ask('GET', '/sequences', undefined, headers);
}

const rule = { provider: 'outreach', method: 'get', path: '/sequences', fault: { kind: 'reset' } };

test('a fault is added, listed, strikes and is gone', async () => {
  const added = await ask('POST', '/dev/faults', rule);
  const shown = {
    id: 'outreach-1',
    provider: 'outreach',
    method: 'GET',
    path: '\\/sequences',
    nth: 1,
    times: 1,
    struck: 0,
    fault: { kind: 'reset', at: 'before_commit' },
  };
  expect(added).toEqual({ status: 201, body: shown });
  const { body } = await ask('GET', '/dev/faults');
  expect(body).toMatchObject({ faults: [shown], refusals: { upscale: expect.arrayContaining(['credits_exhausted']) } });
  expect((await list('outreach')).body.errors).toMatchObject([{ code: 'PROVIDER_CONNECTION_BROKEN' }]);
  expect((await list('outreach')).status).toBe(200);
  expect((await ask('GET', '/dev/faults')).body).toMatchObject({ faults: [] });
});

test('a fault that strikes a read once is hidden by the repetition', async () => {
  await ask('POST', '/dev/faults', rule);
  expect((await list('outreach', 'wait=10')).status).toBe(200);
  expect((await ask('GET', '/dev/faults')).body).toMatchObject({ faults: [] });
});

test('a connection that was deleted, or whose credentials were refused, can be had back', async () => {
  const path = '/customers/my-customer-1/connections/outreach';
  const key = { 'x-api-key': dev.apiKey };
  const statusNow = async () => (await ask('GET', path, undefined, key)).body['status'];
  await fetch(dev.url + path, { method: 'DELETE', headers: key });
  expect((await list('outreach')).status).toBe(404);
  const shown = (await ask('GET', '/dev')).body as { providers: Record<string, { credentials: object }> };
  const { access_token = '' } = shown.providers['outreach']?.credentials as { access_token?: string };
  const credentials = { type: 'access_token', access_token };
  expect((await ask('PUT', path, { credentials }, key)).status).toBe(201);
  expect((await list('outreach')).status).toBe(200);

  await fetch(dev.url + path, { method: 'DELETE', headers: key });
  await ask('POST', '/dev/reset');
  expect((await list('outreach')).status).toBe(200);
  await ask('POST', '/dev/faults', { provider: 'outreach', fault: { kind: 'refusal', name: 'expired_token' } });
  expect((await list('outreach')).status).toBe(424);
  expect(await statusNow()).toBe('needs_reauth');
  await ask('POST', '/dev/reset');
  expect(await statusNow()).toBe('active');
  expect((await list('outreach')).status).toBe(200);
});

test('one that outlasts the repetitions is told', async () => {
  await ask('POST', '/dev/faults', { ...rule, times: 5 });
  expect((await list('outreach', 'wait=10')).body.errors).toMatchObject([{ code: 'PROVIDER_CONNECTION_BROKEN' }]);
  expect((await ask('GET', '/dev/faults')).body).toMatchObject({ faults: [{ struck: 4, times: 5 }] });
});

test('after a reset the gateway has forgotten what the sandboxes have: a spent budget, and a circuit that is open', async () => {
  await ask('POST', '/dev/faults', { provider: 'apollo', fault: { kind: 'refusal', name: 'rate_limited_hour' } });
  expect((await list('apollo')).body.errors).toMatchObject([{ code: 'PROVIDER_RATE_LIMITED' }]);
  expect((await list('apollo')).body.errors).toMatchObject([{ code: 'PROVIDER_BUDGET_EXHAUSTED' }]);
  await ask('POST', '/dev/faults', { ...rule, times: 'until_cleared' });
  for (let failures = 0; failures < 5; failures += 1) await list('outreach');
  expect((await list('outreach')).body.errors).toMatchObject([{ code: 'CIRCUIT_OPEN' }]);
  await ask('POST', '/dev/reset');
  expect((await list('apollo')).status).toBe(200);
  expect((await list('outreach')).status).toBe(200);
});

test.each([
  ['apollo', { kind: 'refusal', name: 'rate_limited_hour' }, 429],
  ['salesloft', { kind: 'answer', status: 503, headers: { 'retry-after': '1' }, body: { error: 'later' } }, 502],
  ['zendesk_sell', { kind: 'refusal', name: 'rate_limited_404' }, 429],
  ['upscale', { kind: 'refusal', name: 'credits_exhausted' }, 402],
  ['outreach', { kind: 'truncated' }, 502],
  ['salesloft', { kind: 'delay', at: 'after_commit', ms: 10 }, 200],
])('in %s: %j', async (provider, fault, status) => {
  expect((await ask('POST', '/dev/faults', { provider, fault, times: 'until_cleared' })).status).toBe(201);
  expect((await list(provider)).status).toBe(status);
});

test('the demonstration leaves out a provider that has no such steps', async () => {
  const [apollo, outreach] = ['apollo', 'outreach'].map((name) => dev.registry.get(name));
  const steps = outreach?.can.create_steps;
  if (!apollo || !outreach || !steps || isNone(steps)) throw new Error('Outreach creates steps.');
  const types = { ...steps.types, auto_email: none('There are no emails.') };
  const callsOnly = { ...outreach, can: { ...outreach.can, create_steps: { ...steps, types } } };
  const registry = new Map([apollo, callsOnly].map((each) => [each.name, each]));
  expect((await runDemo({ ...dev, registry })).map(({ provider }) => provider)).toEqual(['apollo']);
});

test('the record of the README is taken by the other products, where it says, after the demonstration too', async () => {
  await runDemo(dev);
  const readme = await readFile('README.md', 'utf8');
  const [, record = ''] = /-d '(\{"record".*\})'/.exec(readme) ?? [];
  const [, email = ''] = /its content beside it:\n`(.*)`\./.exec(readme) ?? [];
  const places = [...readme.matchAll(/`x-provider-name: (\w+)` into (?:sequence )?`(\w+)`/g)];
  expect(places).toHaveLength(2);
  for (const [, provider = '', sequence] of places) {
    const headers = { 'x-api-key': dev.apiKey, 'x-customer-id': 'my-customer-1', 'x-provider-name': provider };
    for (const body of [record, email]) {
      const answer = await ask('POST', `/sequences/${sequence}/sequence_steps`, JSON.parse(body), headers);
      expect(answer.status, JSON.stringify(answer.body)).toBe(201);
    }
  }
});

test('what a sandbox has stored and received can be looked at', async () => {
  const headers = { 'x-api-key': dev.apiKey, 'x-customer-id': 'my-customer-1', 'x-provider-name': 'outreach' };
  const created = await ask('POST', '/sequences/18/sequence_steps', { record: { type: 'call' } }, headers);
  const { id } = created.body['record'] as { id: string };
  const { status, body } = await ask('GET', '/dev/sandboxes/outreach');
  expect(status).toBe(200);
  expect(body).toEqual({
    sequences: expect.arrayContaining([
      expect.objectContaining({
        id: '18',
        num_steps: 1,
        native: expect.anything(),
        steps: [expect.objectContaining({ id, type: 'call', native: expect.anything() })],
      }),
    ]),
    calls: [expect.objectContaining({ method: 'POST', path: '/api/v2/sequenceSteps', status: 201, committed: true })],
    limits: { per_hour: 10_000 },
  });
  await ask('POST', '/dev/reset');
  expect((await ask('GET', '/dev/sandboxes/outreach')).body['calls']).toEqual([]);
  const nobody = await ask('GET', '/dev/sandboxes/nobody');
  expect(nobody).toMatchObject({ status: 404, body: { errors: [{ code: 'PROVIDER_UNKNOWN' }] } });
});

test('one is cleared, or all', async () => {
  await ask('POST', '/dev/faults', { ...rule, times: 'until_cleared' });
  await ask('POST', '/dev/faults', { ...rule, provider: 'apollo' });
  const ids = async () =>
    ((await ask('GET', '/dev/faults')).body['faults'] as { readonly id: string }[]).map(({ id }) => id);
  const [apollo = '', outreach = ''] = await ids();
  expect((await ask('DELETE', `/dev/faults/${outreach}`)).status).toBe(200);
  expect(await ids()).toEqual([apollo]);
  expect((await ask('DELETE', `/dev/faults/${outreach}`)).status).toBe(404);
  expect((await list('outreach')).status).toBe(200);
  expect((await ask('DELETE', '/dev/faults')).status).toBe(200);
  expect(await ids()).toEqual([]);
});

describe('what is no fault is refused', () => {
  test.each<[string, unknown, number, RegExp]>([
    ['no body', undefined, 400, /empty/],
    ['another provider', { ...rule, provider: 'nobody' }, 404, /there are apollo, /],
    ['a misspelt key', { ...rule, meth: 'GET' }, 422, /meth/],
    ['another kind', { ...rule, fault: { kind: 'flood' } }, 422, /fault\.kind/],
    ['a pattern that is none', { ...rule, path: '(' }, 422, /path: must be a regular expression/],
    ['another refusal', { ...rule, fault: { kind: 'refusal', name: 'no' } }, 422, /no refusal no; it has /],
    ['a time that never comes', { ...rule, times: 0 }, 422, /times/],
    ['a status that is none', { ...rule, fault: { kind: 'answer', status: 99 } }, 422, /fault\.status/],
  ])('%s', async (_, body, status, says) => {
    const answer = await ask('POST', '/dev/faults', body);
    expect(answer.status).toBe(status);
    expect(answer.body.errors?.map(({ detail }) => detail).join('\n')).toMatch(says);
    expect((await ask('GET', '/dev/faults')).body).toMatchObject({ faults: [] });
  });

  test('a page of another site', async () => {
    const answer = await ask('POST', '/dev/faults', rule, { origin: 'https://elsewhere.example' });
    expect(answer.status).toBe(403);
  });
});
