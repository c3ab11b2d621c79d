/** Which call a fault strikes, and what of it is recorded. */
import { connect } from 'node:net';
import type { Hono } from 'hono';
import { expect, test } from 'vitest';
import { serveSandbox } from '../../src/dev/serve-sandbox.ts';
import { recordedApp, type Fault, type FaultRule, type Sandbox } from '../../src/sandbox.ts';

function openCounter() {
  const recorded = recordedApp();
  let carriedOut = 0;
  recorded.app.post('*', (c) => c.json({ carriedOut: (carriedOut += 1) }, 201));
  recorded.app.get('*', (c) => c.text('read'));
  const ask = async (path: string, method = 'POST'): Promise<number> =>
    (await recorded.app.request(path, { method })).status;
  return { ...recorded, ...recorded.faulty, ask, carriedOut: () => carriedOut };
}

const fault = (status: number): Fault => ({ kind: 'answer', at: 'before_commit', status, body: {} });

test.each<[string, FaultRule['match'], readonly number[]]>([
  ['everything', undefined, [500, 500, 500]],
  ['a method', { method: 'GET' }, [201, 201, 500]],
  ['a path', { path: /^\/b/ }, [201, 500, 500]],
  ['a query', { path: /\?x=1$/ }, [201, 500, 200]],
  ['both', { method: 'POST', path: /b/ }, [201, 500, 200]],
  ['a pattern that remembers where it was', { path: /b/g }, [201, 500, 500]],
  ['nothing', { method: 'PUT' }, [201, 201, 200]],
])('a rule for %s', async (_, match, expected) => {
  const { addFault, ask } = openCounter();
  addFault({ ...(match ? { match } : {}), fault: fault(500), times: 'until_cleared' });
  expect([await ask('/a'), await ask('/b?x=1'), await ask('/b', 'GET')]).toEqual(expected);
});

test.each<[string, Pick<FaultRule, 'nth' | 'times'>, readonly number[]]>([
  ['the next', {}, [500, 201, 201, 201]],
  ['the third', { nth: 3 }, [201, 201, 500, 201]],
  ['two', { times: 2 }, [500, 500, 201, 201]],
  ['two from the second on', { nth: 2, times: 2 }, [201, 500, 500, 201]],
  ['all from the second on', { nth: 2, times: 'until_cleared' }, [201, 500, 500, 500]],
])('of the calls that match: %s', async (_, which, expected) => {
  const { addFault, ask, carriedOut } = openCounter();
  addFault({ match: { method: 'POST' }, fault: fault(500), ...which });
  const statuses: number[] = [];
  for (const path of ['/1', '/2', '/3', '/4']) {
    expect(await ask(path, 'GET')).toBe(200);
    statuses.push(await ask(path));
  }
  expect(statuses).toEqual(expected);
  expect(carriedOut()).toBe(expected.filter((status) => status === 201).length);
});

test('of several rules the oldest strikes, and each is forgotten in its turn', async () => {
  const { addFault, answerNext, clearFaults, faults, ask } = openCounter();
  addFault({ fault: fault(500) });
  answerNext({ method: 'POST', path: /./ }, { status: 503, body: 'later' });
  const last = addFault({ fault: fault(429), times: 'until_cleared' });
  expect(faults().map(({ id }) => id)).toEqual(['1', '2', '3']);
  expect([await ask('/'), await ask('/'), await ask('/'), await ask('/')]).toEqual([500, 503, 429, 429]);
  expect(faults()).toMatchObject([{ id: last, struck: 2 }]);
  expect([clearFaults('1'), clearFaults(last), clearFaults(last), clearFaults()]).toEqual([false, true, false, false]);
  expect(await ask('/')).toBe(201);
});

test.each<[string, FaultRule]>([
  ['nth', { fault: fault(500), nth: 0 }],
  ['times', { fault: fault(500), times: 1.5 }],
  ['ms', { fault: { kind: 'drip', ms: -1 } }],
  ['ms', { fault: { kind: 'delay', at: 'after_commit', ms: NaN } }],
  ['status', { fault: fault(0) }],
  ['status', { fault: fault(101) }],
])('a rule that could never strike is refused: %s', (what, rule) => {
  const { addFault, faults } = openCounter();
  expect(() => addFault(rule)).toThrow(new RegExp(`^${what} is a`));
  expect(faults()).toEqual([]);
});

test('a call that the provider itself refuses is not committed', async () => {
  const { app, calls, addFault, ask } = openCounter();
  app.put('/refused', (c) => c.json({}, 422));
  const reset = { kind: 'reset', at: 'after_commit' } as const;
  addFault({ fault: reset });
  await ask('/refused', 'PUT').catch(() => 0);
  await ask('/kept');
  expect(calls()).toMatchObject([
    { path: '/refused', committed: false, fault: reset, status: 0, answer: '' },
    { path: '/kept', committed: true, status: 201, answer: '{"carriedOut":1}' },
  ]);
});

test('who is kept waiting is let go when the faults are cleared', async () => {
  const { app, addFault, clearFaults, forget } = openCounter();
  addFault({ fault: { kind: 'hang', at: 'after_commit' } });
  addFault({ fault: { kind: 'delay', at: 'after_commit', ms: 60_000 } });
  const post = async (): Promise<Response> => app.request('/', { method: 'POST' });
  const waiting = [post(), post()];
  await new Promise((resolve) => setTimeout(resolve, 5));
  clearFaults();
  expect((await Promise.all(waiting)).map(({ type, status }) => [type, status])).toEqual([
    ['error', 0],
    ['default', 201],
  ]);
  forget();
});

test('what is still waiting when the state is reset is not carried out in the next one', async () => {
  const { app, addFault, calls, forget, carriedOut } = openCounter();
  addFault({ fault: { kind: 'delay', at: 'before_commit', ms: 60_000 } });
  const waiting = Promise.resolve(app.request('/', { method: 'POST' }));
  await new Promise((resolve) => setTimeout(resolve, 5));
  forget();
  expect((await waiting).type).toBe('error');
  expect([carriedOut(), calls()]).toEqual([0, []]);
});

test('headers that are none are refused with the rule', () => {
  const { addFault } = openCounter();
  const answer = { kind: 'answer', at: 'before_commit', status: 200, body: '' } as const;
  expect(() => addFault({ fault: { ...answer, headers: { 'not a name': 'x' } } })).toThrow(TypeError);
});

test.each(['', 'ignored', undefined])('an answer without a body can be forced: %j', async (body) => {
  const { addFault, ask } = openCounter();
  addFault({ fault: { kind: 'answer', at: 'before_commit', status: 204, body } });
  expect(await ask('/')).toBe(204);
});

/** Only this much of a sandbox is served. */
const servable = (app: Hono, clearFaults: Sandbox['clearFaults']) => ({ app, clearFaults }) as Sandbox;

test('a reset is one on the wire, and half a body ends with the connection', async () => {
  const { app, addFault, clearFaults } = openCounter();
  const server = await serveSandbox(servable(app, clearFaults));
  const talk = async (): Promise<{ text: string; ended: string; soon: boolean }> => {
    const started = performance.now();
    const socket = connect(server.port, '127.0.0.1');
    let text = '';
    let ended = 'in peace';
    socket.setEncoding('utf8').on('data', (part: string) => (text += part));
    socket.on('error', (error: NodeJS.ErrnoException) => (ended = error.code ?? ''));
    socket.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n');
    await new Promise((resolve) => socket.on('close', resolve));
    // A connection that is merely kept alive ends after 5 s.
    return { text, ended, soon: performance.now() - started < 4_000 };
  };
  addFault({ fault: { kind: 'reset', at: 'after_commit' } });
  expect(await talk()).toEqual({ text: '', ended: 'ECONNRESET', soon: true });
  addFault({ fault: { kind: 'truncated' } });
  const { text, ended, soon } = await talk();
  expect([text.split('\r\n\r\n')[1], ended, soon]).toEqual(['{"carrie', 'in peace', true]);
  expect(text.toLowerCase()).toContain('content-length: 16\r\n');
  await server.close();
});

test('closing the server does not wait for whoever hangs', async () => {
  const { app, addFault, clearFaults } = openCounter();
  const server = await serveSandbox(servable(app, clearFaults));
  addFault({ fault: { kind: 'hang', at: 'before_commit' } });
  const hanging = fetch(server.url, { method: 'POST' });
  const gone = expect(hanging).rejects.toThrow();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await server.close();
  await gone;
});
