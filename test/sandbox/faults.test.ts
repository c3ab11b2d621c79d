/** Each fault in each sandbox, on a real socket: what a client gets, and what the provider holds afterwards. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { loadSandboxModules } from '../../src/dev/sandboxes.ts';
import { serveSandbox } from '../../src/dev/serve-sandbox.ts';
import type { Fault, ReceivedCall, Sandbox } from '../../src/sandbox.ts';
import type { Listening } from '../../src/server.ts';
import { nativeCall, PROVIDERS, stored, WRITABLE, type NativeCall } from './calls.ts';
import { send, type Arrived, type Patience } from './client.ts';

const MOMENTS = ['before_commit', 'after_commit'] as const;

describe.each(PROVIDERS)('%s', (name) => {
  let sandbox: Sandbox;
  let server: Listening;
  let call: NativeCall;
  let plain: Arrived;

  beforeAll(async () => {
    const module = (await loadSandboxModules()).get(name);
    if (!module) throw new Error(`There is no sandbox ${name}.`);
    sandbox = module.create({ now: () => Date.parse('2026-11-21T12:00:00Z') });
    server = await serveSandbox(sandbox);
    call = nativeCall(name, sandbox);
    plain = await send(server.url, call);
    sandbox.reset();
  });
  afterEach(() => {
    sandbox.reset();
  });
  afterAll(() => server.close());

  async function strike(fault: Fault, patience: Patience = {}): Promise<Arrived> {
    sandbox.addFault({ match: { method: call.method, path: /./ }, fault });
    return send(server.url, call, patience);
  }

  /** The provider has carried it out once or not at all, and its record says so; the next call is not struck. */
  async function expectCommitted(committed: boolean, status: number): Promise<void> {
    // A client that gives up may be gone before the server has got to its call.
    await expect.poll(() => sandbox.calls()).toHaveLength(1);
    const calls: readonly ReceivedCall[] = sandbox.calls();
    expect(calls[0]).toMatchObject({ committed, status, method: call.method, path: call.path });
    expect(calls[0]?.fault).toBeDefined();
    expect(stored(sandbox)).toBe(committed && WRITABLE.includes(name) ? 1 : 0);
    expect(sandbox.faults()).toEqual([]);
    if (committed) return;
    expect((await send(server.url, call)).text).toBe(plain.text);
    expect(sandbox.calls()[1]).not.toHaveProperty('fault');
  }

  test('without a fault the call is carried out', async () => {
    expect(plain).toMatchObject({ ended: undefined });
    expect([200, 201]).toContain(plain.status);
    await send(server.url, call);
    expect(sandbox.calls()).toMatchObject([{ committed: true, status: plain.status, answer: plain.text }]);
    expect(sandbox.calls()[0]).not.toHaveProperty('fault');
  });

  describe.each(MOMENTS)('%s', (at) => {
    const committed = at === 'after_commit';

    test.each([429, 500, 503])('any answer, such as a %i', async (status) => {
      const body = { says: 'not now' };
      const arrived = await strike({ kind: 'answer', at, status, headers: { 'retry-after': '7' }, body });
      expect(arrived).toMatchObject({ status, text: JSON.stringify(body), ended: undefined });
      expect(arrived.headers['retry-after']).toBe('7');
      await expectCommitted(committed, status);
    });

    test('a page with 200', async () => {
      const arrived = await strike({ kind: 'html', at });
      expect(arrived).toMatchObject({ status: 200, ended: undefined });
      expect(arrived.headers['content-type']).toContain('text/html');
      expect(arrived.text).toMatch(/^<!DOCTYPE html>/);
      await expectCommitted(committed, 200);
    });

    test('JSON of another type', async () => {
      const { status, text } = await strike({ kind: 'wrong_type', at });
      expect(status).toBe(committed ? plain.status : 200);
      expect(text).toBe(committed ? `[${plain.text}]` : '[]');
      await expectCommitted(committed, status);
    });

    test('a connection that is reset', async () => {
      expect(await strike({ kind: 'reset', at })).toMatchObject({ status: 0, ended: 'ECONNRESET' });
      await expectCommitted(committed, 0);
    });

    test('no answer until the client gives up', async () => {
      expect(await strike({ kind: 'hang', at }, { giveUpAfter: 50 })).toMatchObject({ status: 0, ended: 'gave up' });
      await expectCommitted(committed, 0);
    });

    test('a late answer', async () => {
      const arrived = await strike({ kind: 'delay', at, ms: 30 });
      expect(arrived).toMatchObject({ status: plain.status, text: plain.text, ended: undefined });
      expect(arrived.ms).toBeGreaterThanOrEqual(29);
      await expectCommitted(true, plain.status);
    });
  });

  test('carried out after the client gave up', async () => {
    const arrived = await strike({ kind: 'delay', at: 'before_commit', ms: 200 }, { giveUpAfter: 100 });
    expect(arrived).toMatchObject({ status: 0, ended: 'gave up' });
    expect([sandbox.calls().length, stored(sandbox)]).toEqual([0, 0]);
    await expect.poll(() => sandbox.calls()).toHaveLength(1);
    await expectCommitted(true, plain.status);
  });

  test('a body that comes byte by byte', async () => {
    const arrived = await strike({ kind: 'drip', ms: 2 }, { maxParts: 4 });
    expect(arrived).toMatchObject({ status: plain.status, ended: 'gave up' });
    expect(arrived.text.length).toBeLessThan(plain.text.length);
    expect(plain.text.startsWith(arrived.text)).toBe(true);
    expect(arrived.headers['content-length']).toBe(String(Buffer.byteLength(plain.text)));
    await expectCommitted(true, plain.status);
  });

  test('a body that breaks off', async () => {
    const arrived = await strike({ kind: 'truncated' });
    expect(arrived).toMatchObject({ status: plain.status, ended: 'ECONNRESET' });
    expect(arrived.headers['content-length']).toBe(String(Buffer.byteLength(plain.text)));
    expect(arrived.text).toBe(plain.text.slice(0, Math.floor(plain.text.length / 2)));
    await expectCommitted(true, plain.status);
  });

  test.each(MOMENTS)('every refusal in its own words, %s', async (at) => {
    expect(sandbox.refusals).toEqual(expect.arrayContaining(['server_error', 'expired_token', 'revoked_token']));
    for (const refusal of sandbox.refusals) {
      sandbox.reset();
      const { status } = await strike({ kind: 'refusal', at, name: refusal });
      expect(status, refusal).toBeGreaterThanOrEqual(400);
      await expectCommitted(at === 'after_commit', status);
    }
  });

  test.each(['expired_token', 'revoked_token'])('%s until it is cleared', async (refusal) => {
    const fault = { kind: 'refusal', at: 'before_commit', name: refusal } as const;
    const id = sandbox.addFault({ fault, times: 'until_cleared' });
    for (const struck of [1, 2, 3]) {
      expect(await send(server.url, call)).toMatchObject({ status: 401 });
      expect(sandbox.faults()).toEqual([{ id, rule: { fault, times: 'until_cleared' }, struck }]);
    }
    expect(stored(sandbox)).toBe(0);
    expect(sandbox.clearFaults(id)).toBe(true);
    expect(await send(server.url, call)).toMatchObject({ status: plain.status });
  });

  test('a refusal that the provider does not know is no rule', () => {
    const fault = { kind: 'refusal', at: 'before_commit', name: 'out_of_cheese' } as const;
    expect(() => sandbox.addFault({ fault })).toThrow(/no refusal out_of_cheese; it has .*server_error/);
    expect(sandbox.faults()).toEqual([]);
  });
});
