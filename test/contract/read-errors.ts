/** The provider's own error answers to a read: what a caller is told of a provider that is only read. */
import { expect, test } from 'vitest';
import type { ForcedAnswer } from '../../src/sandbox.ts';
import { readGoldenErrors } from '../support/goldens.ts';
import type { Answer } from '../support/answer.ts';
import { CUSTOMER } from '../support/house.ts';
import { forgetLimits, type Stage } from './stage.ts';

interface Told {
  readonly code: string;
  readonly problem_type: string;
  readonly detail: string;
  readonly status: string;
  readonly meta: { readonly origin: string; readonly provider?: string; readonly outcome?: string };
}

const UNREADABLE: readonly (readonly [string, ForcedAnswer])[] = [
  ['HTML', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html><body>Bad gateway</body></html>' }],
  ['an empty body', { status: 200, body: '' }],
  ['an error inside a 200', { status: 200, body: { error: 'Something went wrong' } }],
  ['JSON of another shape', { status: 200, body: [] }],
  ['half a body', { status: 200, body: '{"items":[{"data":{"id":3' }],
  ['a redirect', { status: 302, headers: { location: 'https://elsewhere.example/' }, body: '' }],
];

export function readErrorTests(stage: () => Stage, name: string): void {
  test.each(readGoldenErrors(name))('error of a read: $name', async ({ answer, expect: expected }) => {
    const { told, text, status, calls } = await listWith(stage(), answer);
    expect(status, text).toBe(expected.status);
    expect(told.map(({ detail }) => detail).join('\n')).toContain(expected.says);
    expect(calls).toEqual([answer.status]);
    for (const { code, problem_type, meta, ...error } of told) {
      expect([code, problem_type, error.status]).toEqual([expected.code, expected.code, String(expected.status)]);
      expect(meta).toMatchObject({ origin: 'remote-provider', provider: name });
      // Nothing was written, so nothing can be unknown.
      expect(meta.outcome).toBeUndefined();
    }
    await expectMarked(stage(), expected.code === 'CONNECTION_NEEDS_REAUTH');
    await forgetLimits(stage());
  });

  test.each(UNREADABLE)('a read that is answered with %s is no list', async (_, answer) => {
    const { told, text, status } = await listWith(stage(), answer);
    expect(status, text).toBe(502);
    expect(told).toMatchObject([{ code: 'BAD_PROVIDER_RESPONSE', meta: { origin: 'remote-provider' } }]);
    expect(told[0]?.meta.outcome).toBeUndefined();
  });
}

/** Lists while the first call is answered by force; the call that lists is the one that the sandbox got before. */
async function listWith(stage: Stage, forced: ForcedAnswer) {
  const { sandbox } = stage;
  sandbox.reset();
  await list(stage);
  const method = sandbox.calls().at(0)?.method ?? 'GET';
  sandbox.reset();
  sandbox.answerNext({ method, path: /./ }, forced);
  const answer = await list(stage);
  const { errors = [] } = (answer.json ?? {}) as { errors?: readonly Told[] };
  return {
    status: answer.status,
    text: answer.text,
    told: errors,
    calls: sandbox.calls().map(({ status }) => status),
  };
}

function list({ house, name }: Stage): Promise<Answer> {
  const headers = { 'x-customer-id': CUSTOMER, 'x-provider-name': name, prefer: 'wait=0' };
  return house.ask('/sequences', { headers });
}

/** A refused credential marks the connection, and nothing else does. */
async function expectMarked({ house, name }: Stage, refused: boolean): Promise<void> {
  const connection = await house.ask(`/customers/${CUSTOMER}/connections/${name}`);
  expect(connection.json).toMatchObject({ status: refused ? 'needs_reauth' : 'active' });
}
