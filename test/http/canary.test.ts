/**
 * A canary in every kind of credential and in every header that could carry one, through every route and many faults: what the
 * provider echoes of it is not handed on. Every answer, the log and the database are looked through (`test/support/canary.ts`).
 */
import { afterEach, describe, expect, test } from 'vitest';
import { loadProviders } from '../../src/core/registry.ts';
import type { ForcedAnswer } from '../../src/sandbox.ts';
import { expectNoSecret, keepSecret } from '../support/canary.ts';
import { openDoor, type Door } from './door.ts';
import { openFaulty, type Behave, type FaultyProvider } from './faulty.ts';
import { connectionPath, putConnection, tenant } from './support.ts';

const registry = await loadProviders();
const KINDS = [...registry].flatMap(([name, { credentials }]) =>
  Object.keys(credentials).map((kind) => [name, kind] as const),
);
/** With what has to be written otherwise in JSON and in URLs. */
const SECRET = 'canary/of+the=customer"0123456789\\x';
const ID = '5f0000000000000000000018';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** What a careless provider does with the credential that it was sent. */
const ECHOES: Readonly<Record<string, (sent: string) => ForcedAnswer>> = {
  'in a message': (sent) => ({
    status: 422,
    body: { errors: [{ title: 'Bad', detail: `Not ${sent}.` }], error: sent },
  }),
  'as Bearer': (sent) => ({ status: 401, body: { error: `Bearer ${sent}`, message: `token=${sent}&x` } }),
  'as a key': (sent) => ({
    status: 400,
    body: { [sent]: { [`x-${sent}`]: [sent] }, errors: { [sent]: ['is wrong'] } },
  }),
  'in base64': (sent) => ({
    status: 403,
    body: {
      errors: [{ detail: base64(sent) }],
      basic: base64(`user:${sent}`),
      json: base64(JSON.stringify({ t: sent })),
    },
  }),
  'in a URL': (sent) => ({ status: 404, body: { errors: [{ detail: `/me?token=${encodeURIComponent(sent)}` }] } }),
  'in JSON within JSON': (sent) => ({ status: 422, body: { error: JSON.stringify({ authorization: sent }) } }),
  'in a page': (sent) => ({ status: 500, body: `<html><script>t="${sent}"</script>${sent}</html>` }),
  'in headers': (sent) => ({
    status: 429,
    body: { errors: [] },
    headers: {
      'x-request-id': sent,
      'retry-after': sent,
      'www-authenticate': `Bearer error="${sent}"`,
      'set-cookie': `t=${sent}`,
      'x-ratelimit-limit-minute': sent,
      'ratelimit-remaining': sent,
      'x-warning': sent,
    },
  }),
  'in a redirect': (sent) => ({
    status: 302,
    body: `Found ${sent}`,
    headers: { location: `https://elsewhere.example/?t=${encodeURIComponent(sent)}` },
  }),
  'in a success of another shape': (sent) => ({ status: 200, body: { token: sent, data: sent } }),
  'in a success': (sent) => ({
    status: 200,
    body: { data: [{ id: 1, type: 'sequence', attributes: { name: sent }, name: sent }], metadata: { [sent]: sent } },
  }),
  'in what is no JSON': (sent) => ({ status: 200, body: `{"data":[{"name":"${sent}"` }),
};

function echoing(echo: (sent: string) => ForcedAnswer): Behave {
  return (request, response) => {
    const sent = Object.values(request.headers)
      .flat()
      .find((value) => value?.includes('canary'));
    const { status, headers = {}, body } = echo(sent?.replace(/^Bearer /, '') ?? 'nothing');
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

/** Every route that reaches a provider, and those that show what is kept. */
async function walk(door: Door, name: string): Promise<number> {
  const email = { type: 'auto_email', name: 'Intro', template: { subject: 'Hi', body: '<p>Hi</p>' } };
  const id = registry.get(name)?.id.matches(ID) ? ID : '18';
  const at = `/sequences/${id}`;
  const asked: readonly (readonly [method: string, path: string, body?: unknown])[] = [
    ...(['/sequences', `${at}?include_raw_data=true`, `${at}/sequence_steps`, '/templates'] as const).map(
      (path) => ['GET', path] as const,
    ),
    ['POST', `${at}/sequence_steps`, { record: email }],
    ['POST', `${at}/sequence_steps?dry_run=true`, { record: email }],
    ['POST', `${at}/sequence_steps/_batch`, { records: [email, { type: 'call' }] }],
    ['POST', '/sequences', { record: { name: 'New', steps: [email] } }],
    ['PATCH', at, { record: { name: 'Renamed' } }],
    ['PATCH', `${at}/sequence_steps/${id}`, { record: { interval_seconds: 60 } }],
    ['POST', `${at}/actions/activate`],
    ['DELETE', `${at}/sequence_steps/${id}`],
    ['DELETE', at],
    ['POST', `${connectionPath(name)}/actions/test`],
    ['GET', connectionPath(name)],
    ['GET', `${connectionPath(name)}/budget`],
    ['GET', '/operations'],
    ['GET', '/metrics'],
  ];
  for (const [index, [method, path, body]] of asked.entries()) {
    const headers = { ...tenant(name), prefer: 'wait=0', 'idempotency-key': `key-${String(index)}` };
    await door.ask(path, { method, headers: method === 'GET' ? { ...headers, 'idempotency-key': '' } : headers, body });
    const problem = { ...headers, accept: 'application/problem+json' };
    if (method !== 'GET') await door.ask(path, { method, headers: problem, body });
  }
  return asked.length;
}

describe.each(KINDS)('a credential of %s: %s', (name, kind) => {
  test.each(Object.entries(ECHOES))('that is echoed %s', async (_, echo) => {
    const provider = await openFaulty(echoing(echo));
    const door = await openDoor({ baseUrls: new Map([[name, provider.url]]) });
    opened.push(door, provider);
    expect((await putConnection(door, name, kind, SECRET)).status).toBe(201);
    await walk(door, name);
    expect(provider.received.length).toBeGreaterThan(0);
  });

  test('that is wrong, refused or replaced', async () => {
    const door = await openDoor();
    opened.push(door);
    for (const secret of [`${SECRET}\n`, { secret: SECRET }, [SECRET], `${SECRET}${'x'.repeat(20_000)}`])
      await putConnection(door, name, kind, secret);
    await putConnection(door, name, `${kind}_canary`, SECRET);
    await door.ask(connectionPath(name), {
      method: 'PUT',
      body: `{"credentials":{"type":"${kind}","${kind}":"${SECRET}`,
    });
    await door.ask(connectionPath(name), {
      method: 'PUT',
      body: { credentials: { type: kind, [kind]: SECRET, more: SECRET } },
    });
    await putConnection(door, name, kind, SECRET);
    await walk(door, name);
    await door.ask(connectionPath(name), { method: 'DELETE' });
  });
});

describe('headers of a caller', () => {
  const canary = 'canary-in-a-header-0123456789';
  const HEADERS = [
    ...['x-api-key', 'authorization', 'api-key', 'cookie', 'proxy-authorization', 'x-forwarded-for', 'forwarded'],
    ...['traceparent', 'tracestate', 'baggage', 'user-agent', 'referer', 'origin', 'x-auth-token', 'accept-language'],
  ];

  test.each(HEADERS)('%s', async (header) => {
    keepSecret(canary, `the header ${header}`);
    const door = await openDoor();
    opened.push(door);
    await door.ask('/sequences', { headers: { ...tenant('outreach'), [header]: canary } });
    await door.ask('/nowhere', { headers: { [header]: `Bearer ${canary}` } });
    await door.ask('/sequences', { method: 'POST', headers: { ...tenant('outreach'), [header]: canary }, body: '{' });
    const sandbox = door.sandbox('outreach');
    expectNoSecret('what a provider was sent', JSON.stringify(sandbox.calls()));
  });

  test('values that a header may not have are not repeated', async () => {
    keepSecret(canary, 'a header that is looked at');
    const door = await openDoor();
    opened.push(door);
    for (const header of ['x-customer-id', 'idempotency-key', 'prefer', 'x-request-id', 'content-type'])
      await door.ask('/sequences', { headers: { ...tenant('outreach'), [header]: `${canary} {}"` } });
  });
});

test('the log of what is not foreseen has no values', async () => {
  const provider: FaultyProvider = await openFaulty((_, response) => response.destroy());
  const door = await openDoor({ baseUrls: new Map([['outreach', provider.url]]) });
  opened.push(door, provider);
  await putConnection(door, 'outreach', 'access_token', SECRET);
  door.gateway.connections.credentialFor = () => Promise.reject(new Error(`unforeseen ${SECRET}`));
  expect((await door.ask('/sequences', { headers: tenant('outreach') })).status).toBe(500);
  expect(door.logs.some((line) => line.includes('unforeseen'))).toBe(true);
});
