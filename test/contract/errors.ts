/** The provider's own error answers, typed by hand from its documents, and what a caller is told. */
import { expect, test } from 'vitest';
import { readGoldenErrors } from '../support/goldens.ts';
import { create, forgetLimits, minimalRecord, type Stage, typeFor } from './stage.ts';

const UNREADABLE = [
  ['HTML', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html><body>Bad gateway</body></html>' }],
  ['an empty body', { status: 200, body: '' }],
  ['an error inside a 200', { status: 200, body: { error: 'Something went wrong' } }],
  ['JSON of another shape', { status: 201, body: { data: [], emailer_step: 7 } }],
  ['a redirect', { status: 302, headers: { location: 'https://elsewhere.example/' }, body: '' }],
] as const;

export function errorTests(stage: () => Stage, name: string): void {
  test.each(readGoldenErrors(name))('error: $name', async ({ answer, expect: expected }) => {
    const outcome = await createWith(stage(), answer);
    expect(outcome.status, outcome.answer.text).toBe(expected.status);
    const [error] = outcome.errors;
    expect(error?.code).toBe(expected.code);
    expect(outcome.errors.map(({ detail }) => detail).join('\n')).toContain(expected.says);
    if (expected.pointer !== undefined)
      expect(outcome.errors.map(({ pointer }) => pointer)).toContain(expected.pointer);
    expect(outcome.calls.filter(({ status }) => status === answer.status).length).toBeGreaterThan(0);
  });

  test.each(UNREADABLE)(
    'a write that is answered with %s is told as unknown, with what was written',
    async (_, answer) => {
      const outcome = await createWith(stage(), answer);
      expect(outcome.status, outcome.answer.text).toBe(502);
      expect(outcome.answer.json).toMatchObject({
        errors: [
          {
            code: 'OUTCOME_UNKNOWN',
            problem_type: 'BAD_PROVIDER_RESPONSE',
            meta: { outcome: 'unknown', retriable: false },
          },
        ],
      });
    },
  );
}

/** Creates a step whose first write is answered by force. */
async function createWith(
  stage: Stage,
  answer: { status: number; headers?: Readonly<Record<string, string>>; body: unknown },
) {
  const { sandbox } = stage;
  const forcing: Stage = {
    ...stage,
    sandbox: {
      ...sandbox,
      reset: () => {
        sandbox.reset();
        sandbox.answerNext({ method: 'POST', path: /./ }, answer);
      },
    },
  };
  const outcome = await create(forcing, minimalRecord(typeFor(stage.provider, 'auto_email')), { impatient: true });
  sandbox.reset();
  await forgetLimits(stage);
  return outcome;
}
