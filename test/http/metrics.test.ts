/** What is counted, as a scrape sees it after real requests; who may scrape, and that no label can be chosen from outside. */
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { DEFAULT_GRACE_MS } from '../../src/core/settle-unknown.ts';
import { METRICS, type MetricFacts } from '../../src/metrics/facts.ts';
import { PROBLEMS } from '../../src/model/problem.ts';
import { ROLES } from '../../src/model/role.ts';
import type { ForcedAnswer } from '../../src/sandbox.ts';
import { authorize } from '../connections/account.ts';
import { expectNothingPrivate, readExposition } from '../support/exposition.ts';
import { CUSTOMER, type House, type HouseOptions } from '../support/house.ts';
import { as, makeKey } from './keys.ts';
import { counted, scrape } from './scrape.ts';
import {
  connectionPath,
  createStep,
  listSequences,
  openConnectedHouse,
  putConnection,
  sequenceOf,
  tenant,
} from './support.ts';

const NO_KEY = { headers: { 'x-api-key': '' } };
const EMAIL = { type: 'auto_email', template: { subject: 'Subject', body: '<p>Body</p>' } };
const LABELLED = { type: 'call', name: 'Call them', order: 1, interval_seconds: 90 };

let house: House;
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

async function open(options: HouseOptions = {}): Promise<House> {
  house = await openConnectedHouse(options);
  opened.push(house);
  return house;
}

function force(times: number, answer: ForcedAnswer, method = 'GET', provider = 'outreach'): void {
  for (let time = 0; time < times; time += 1) house.sandbox(provider).answerNext({ method, path: /./ }, answer);
}

function list(prefer = 'wait=0', provider = 'outreach') {
  return house.ask('/sequences', { headers: { ...tenant(provider), prefer } });
}

describe('the text', () => {
  test('is of the Prometheus format, and has every metric that is documented with its labels', async () => {
    await open();
    await createStep(house, LABELLED);
    await list();
    const answer = await house.ask('/metrics');
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const { families, samples } = readExposition(answer.text);
    const own = [...families].filter(([name]) => name.startsWith('stepgate_'));
    expect(own.map(([name, { type, help }]) => [name, type, help])).toEqual(
      Object.entries(METRICS).map(([name, { kind, help }]) => [name, kind, help]),
    );
    for (const [name, { labels }] of own) {
      const facts: MetricFacts | undefined = METRICS[name as keyof typeof METRICS];
      expect([...facts.labels, 'le'], name).toEqual(expect.arrayContaining([...labels]));
    }
    expect([...samples.keys()]).toContain('process_cpu_seconds_total');
    expect([...families.keys()]).toEqual(
      expect.arrayContaining(['nodejs_eventloop_lag_p99_seconds', 'nodejs_gc_duration_seconds']),
    );
  });

  test('has histograms whose buckets hold those before, up to all of them', async () => {
    await open();
    await list();
    house
      .sandbox('outreach')
      .answerNext({ method: 'GET', path: /./ }, { status: 429, body: {}, headers: { 'retry-after': '5' } });
    await list('wait=10');
    const seconds = await counted(house, 'http_request_duration_seconds_bucket');
    const ofLists = Object.entries(seconds).filter(([labels]) => labels.includes('route="listSequences"'));
    expect(ofLists.map(([labels, count]) => [/le="([^"]+)"/.exec(labels)?.[1], count])).toEqual([
      ...['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5'].map((bound) => [bound, 1]),
      ...['5', '10', '30', '60', '+Inf'].map((bound) => [bound, 2]),
    ]);
    expect((await counted(house, 'http_request_duration_seconds_sum'))['{route="listSequences"}']).toBe(5);
    expect((await counted(house, 'http_request_duration_seconds_count'))['{route="listSequences"}']).toBe(2);
  });
});

describe('requests', () => {
  test('are counted by route, method and status; warnings and provider calls with them', async () => {
    await open();
    const answer = await createStep(house, LABELLED, { provider: 'apollo' });
    expect(answer.status, answer.text).toBe(201);
    expect(await counted(house, 'http_requests_total')).toMatchObject({
      '{route="createSequenceStep",method="POST",status="201"}': 1,
      '{route="putConnection",method="PUT",status="201"}': 3,
    });
    const { warnings } = answer.json as { warnings: readonly { problem_type: string; action: string }[] };
    expect(warnings.length).toBeGreaterThan(0);
    const told: Record<string, number> = {};
    for (const { problem_type, action } of warnings) {
      const key = `{problem_type="${problem_type}",action="${action}",provider="apollo"}`;
      told[key] = (told[key] ?? 0) + 1;
    }
    expect(await counted(house, 'warnings_total')).toEqual(told);
    const sent = house.sandbox('apollo').calls();
    const posts = sent.filter(({ method }) => method === 'POST').length;
    const calls = await counted(house, 'provider_calls_total');
    expect(calls['{provider="apollo",method="POST",outcome="2xx"}']).toBe(posts);
    expect(Object.values(calls).reduce((sum, each) => sum + each, 0)).toBe(sent.length);
    expect(await counted(house, 'provider_call_duration_seconds_count')).toEqual({
      '{provider="apollo"}': sent.length,
    });
    expect(await counted(house, 'problems_total')).toEqual({});
  });

  test('also under the alias, by HEAD, and where they are refused before their handler', async () => {
    await open();
    await house.ask('/engagement/v2/sequences', { headers: tenant('outreach') });
    await house.ask('/providers', { method: 'HEAD' });
    await house.ask('/sequences', { method: 'POST', headers: { 'x-api-key': 'wrong' } });
    await house.ask('/engagement/v2/sequences/18', NO_KEY);
    await house.ask('/sequences/get_sequences', NO_KEY);
    await house.ask('/docs', NO_KEY);
    expect(await counted(house, 'http_requests_total')).toMatchObject({
      '{route="listSequences",method="GET",status="200"}': 1,
      '{route="listProviders",method="HEAD",status="200"}': 1,
      '{route="createSequence",method="POST",status="401"}': 1,
      '{route="getSequence",method="GET",status="401"}': 1,
      '{route="getRecommendedSequences",method="GET",status="401"}': 1,
      '{route="undocumented",method="GET",status="401"}': 1,
    });
    expect(await counted(house, 'problems_total')).toEqual({
      '{code="API_KEY_WRONG",origin="gateway"}': 1,
      '{code="API_KEY_MISSING",origin="gateway"}': 3,
    });
  });

  test('that are refused are counted with every problem, and with whose fault it is', async () => {
    await open();
    await createStep(house, { type: 'call', interval_seconds: -1, order: 0 });
    force(1, { status: 403, body: {} });
    await list();
    expect(await counted(house, 'problems_total')).toEqual({
      '{code="INVALID_VALUE",origin="gateway"}': 2,
      '{code="CONNECTION_LACKS_PERMISSION",origin="remote-provider"}': 1,
    });
    expect(await counted(house, 'provider_calls_total')).toEqual({
      '{provider="outreach",method="GET",outcome="4xx"}': 1,
    });
  });

  test('of a batch: what came of each record', async () => {
    await open();
    const path = `/sequences/${sequenceOf(house.sandbox('outreach'))}/sequence_steps/_batch`;
    const records = [{ type: 'call' }, { type: 'task', interval_seconds: -1 }, { type: 'call', name: 'Call' }];
    const answer = await house.ask(path, {
      method: 'POST',
      headers: tenant('outreach'),
      body: { records, stop_on_error: false },
    });
    expect(answer.status, answer.text).toBe(200);
    expect(await counted(house, 'problems_total')).toEqual({ '{code="INVALID_VALUE",origin="gateway"}': 1 });
    expect(Object.keys(await counted(house, 'warnings_total'))).toEqual([
      '{problem_type="FIELD_NOT_SUPPORTED",action="dropped",provider="outreach"}',
    ]);
  });

  test('whose outcome is not known', async () => {
    await open();
    expect(
      (await scrape(house)).samples.get('stepgate_problems_total{code="OUTCOME_UNKNOWN",origin="remote-provider"}'),
    ).toBe(0);
    force(1, { status: 500, body: 'Oops' }, 'POST');
    await createStep(house, { type: 'call' }, { headers: { prefer: 'wait=0' } });
    expect(await counted(house, 'problems_total')).toEqual({ '{code="OUTCOME_UNKNOWN",origin="remote-provider"}': 1 });
  });

  test('that are answered from the journal are replays, and warn again', async () => {
    await open();
    const headers = { 'idempotency-key': 'once' };
    for (let time = 0; time < 3; time += 1) await createStep(house, { type: 'call', name: 'Call' }, { headers });
    expect(await counted(house, 'idempotent_replays_total')).toEqual({ '{provider="outreach"}': 2 });
    expect(Object.values(await counted(house, 'warnings_total'))).toEqual([3]);
    const changes = await counted(house, 'store_commit_changes_count');
    expect(changes['']).toBeGreaterThan(0);
  });
});

describe('accounts', () => {
  test('tokens that are renewed, and why not', async () => {
    await open();
    await authorize(house, 'outreach');
    house.clock.pass(24 * 3_600_000);
    expect((await listSequences(house, 'outreach')).status).toBe(200);
    expect(await counted(house, 'token_renewals_total')).toEqual({ '{provider="outreach",outcome="renewed"}': 1 });
    house.clock.pass(24 * 3_600_000);
    house
      .sandbox('outreach')
      .answerNext({ method: 'POST', path: /token$/ }, { status: 400, body: { error: 'invalid_grant' } });
    expect((await listSequences(house, 'outreach')).status).toBe(424);
    expect(await counted(house, 'token_renewals_total')).toMatchObject({
      '{provider="outreach",outcome="refused"}': 1,
    });
    expect(await counted(house, 'connections_marked_total')).toEqual({ '{provider="outreach"}': 1 });
  });

  test('credentials that are refused mark their connection once', async () => {
    await open();
    await putConnection(house, 'outreach', 'access_token', 'a-token-that-is-wrong');
    for (let time = 0; time < 2; time += 1) expect((await list()).status).toBe(424);
    expect(await counted(house, 'connections_marked_total')).toEqual({ '{provider="outreach"}': 1 });
  });
});

describe('the house itself', () => {
  test('audit entries that wait, and are lost', async () => {
    await open();
    await createStep(house, { type: 'call' });
    expect((await counted(house, 'audit_entries_waiting'))['']).toBeGreaterThan(0);
    await expect.poll(() => counted(house, 'audit_entries_waiting')).toEqual({});
    const { samples } = await scrape(house);
    expect(['audit_entries', 'log_lines'].map((what) => samples.get(`stepgate_${what}_lost_total`))).toEqual([0, 0]);
  });

  test('writes that a crash had left', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'metrics-'));
    const close = (): Promise<void> => {
      rmSync(folder, { recursive: true });
      return Promise.resolve();
    };
    opened.push({ close });
    house = await openConnectedHouse({ databaseFile: join(folder, 'stepgate.db') });
    opened.unshift(house);
    const sandbox = house.sandbox('outreach');
    sandbox.addFault({ match: { method: 'POST' }, fault: { kind: 'hang', at: 'before_commit' }, nth: 1 });
    const asked = createStep(house, EMAIL, { headers: { 'idempotency-key': 'crash', prefer: 'wait=0' } });
    await expect.poll(() => sandbox.calls().some(({ method }) => method === 'POST')).toBe(true);
    house.clock.pass(31_000);
    const other = await house.beside();
    opened.unshift(other);
    await other.recovery.look();
    expect(await counted(other, 'recoveries_total')).toEqual({ '{provider="outreach",outcome="unknown"}': 1 });
    expect(await counted(other, 'problems_total')).toEqual({
      '{code="OUTCOME_UNKNOWN",origin="remote-provider"}': 1,
    });
    house.clock.pass(DEFAULT_GRACE_MS);
    await other.recovery.look();
    expect(await counted(other, 'recoveries_total')).toMatchObject({ '{provider="outreach",outcome="done"}': 1 });
    sandbox.clearFaults();
    await asked;
  });

  test('which version it is', async () => {
    await open();
    expect(await counted(house, 'build_info')).toEqual({ '{version="0.1.0"}': 1 });
  });
});

test('the README alerts on what there is', async () => {
  const text = await readFile('README.md', 'utf8');
  const names = [...text.matchAll(/\bstepgate_[a-z_]+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, ''));
  expect(Object.keys(METRICS)).toEqual(expect.arrayContaining(names));
  const codes = [...text.matchAll(/code=~?"([A-Z_|]+)"/g)].flatMap(([, list = '']) => list.split('|'));
  expect(codes.length).toBeGreaterThan(3);
  expect(Object.keys(PROBLEMS)).toEqual(expect.arrayContaining(codes));
});

describe('who may scrape', () => {
  test('any key, of any role and any customer; nobody without one', async () => {
    await open();
    for (const role of ROLES) await scrape(as(house, await makeKey(house, role)));
    await scrape(as(house, await makeKey(house, 'read', ['a-customer'])));
    expect((await house.ask('/metrics', NO_KEY)).status).toBe(401);
    expect((await house.ask('/metrics', { headers: { 'x-api-key': 'wrong' } })).status).toBe(401);
  });

  test('everybody, where the documents are open; and no more than that is', async () => {
    await open({ openDocuments: true });
    expect((await house.ask('/metrics', NO_KEY)).status).toBe(200);
    for (const path of ['/metrics/', '/metricsx', '/xmetrics', '/metrics/more', '/engagement/v2/metrics'])
      expect((await house.ask(path, NO_KEY)).status, path).toBe(401);
    expect((await house.ask('/metrics', { ...NO_KEY, method: 'POST' })).status).toBe(404);
  });
});

describe('no label can be chosen from outside', () => {
  const strange = (index: number): readonly (readonly [path: string, init: Parameters<House['ask']>[1]])[] => [
    [`/nowhere/${String(index)}`, {}],
    [`/sequences/${String(index)}x`, { headers: tenant('outreach') }],
    [`/providers/provider_${String(index)}`, {}],
    [connectionPath(`provider_${String(index)}`), {}],
    [connectionPath('outreach', `customer-${String(index)}`), {}],
    ['/sequences', { headers: tenant(`provider_${String(index)}`) }],
    ['/sequences', { headers: tenant('outreach', `customer-${String(index)}`) }],
    ['/sequences', { headers: { 'x-api-key': `sg_wrong_${String(index)}`, ...tenant('outreach') } }],
    ['/sequences', { method: `METHOD${String(index)}` }],
    [
      `/sequences/${String(index)}/sequence_steps`,
      { method: 'POST', body: { record: { [`key${String(index)}`]: 1 } } },
    ],
    [`/customers/customer-${String(index)}/connections/outreach`, { method: 'DELETE' }],
    [`/oauth/start/${String(index).padStart(43, 'A')}`, NO_KEY],
    [`/operations/${String(index)}`, {}],
  ];

  test('paths, names, methods, ids and keys add no series', async () => {
    await open();
    const walk = async (index: number) => {
      for (const [path, init] of strange(index)) await house.ask(path, init);
    };
    await walk(0);
    await scrape(house);
    const before = [...(await scrape(house)).samples.keys()].filter((key) => key.startsWith('stepgate_'));
    for (let index = 1; index <= 100; index += 1) await walk(index);
    const after = await house.ask('/metrics');
    expect([...readExposition(after.text).samples.keys()].filter((key) => key.startsWith('stepgate_'))).toEqual(before);
    expect((await counted(house, 'http_requests_total'))['{route="unknown",method="GET",status="404"}']).toBe(101);
    expect((await counted(house, 'http_requests_total'))['{route="unknown",method="unknown",status="404"}']).toBe(101);
  });

  test('no customer is in it, whatever he did', async () => {
    await open();
    await createStep(house, LABELLED);
    await list();
    await house.ask(connectionPath('outreach', CUSTOMER), { method: 'DELETE' });
    await list();
    const { text } = await house.ask('/metrics');
    expect(text).not.toContain(CUSTOMER);
    expectNothingPrivate(text);
    expect(() => {
      expectNothingPrivate(`${text}stepgate_calls_total{by="${CUSTOMER}"} 1\n`);
    }).toThrow('names a customer');
  });
});
