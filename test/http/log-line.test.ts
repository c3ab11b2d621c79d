/** The one log line of a request says why it failed. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openHouse, type House } from '../support/house.ts';
import { createStep, listSequences, openConnectedHouse, sequenceOf } from './support.ts';

const [INFO, WARN] = [30, 40];

let house: House;
beforeEach(async () => {
  house = await openConnectedHouse();
});
afterEach(async () => {
  house.sandbox('outreach').clearFaults();
  await house.close();
});

function lastLine(): Readonly<Record<string, unknown>> {
  const lines = house.logs.map((line) => JSON.parse(line) as Record<string, unknown>);
  return lines.findLast(({ msg }) => msg === 'request') ?? {};
}

test('what went well has no code', async () => {
  await listSequences(house, 'outreach');
  expect(lastLine()).toMatchObject({ level: INFO, status: 200 });
  expect(lastLine()).not.toHaveProperty('code');
  expect(lastLine()).not.toHaveProperty('origin');
});

test('what the caller has to mend is told by its code', async () => {
  await createStep(house, { type: 'email' });
  expect(lastLine()).toMatchObject({ level: INFO, status: 422, code: 'INVALID_VALUE', origin: 'gateway' });
  await house.ask('/nowhere');
  expect(lastLine()).toMatchObject({ level: INFO, status: 404, code: 'ROUTE_NOT_FOUND', origin: 'gateway' });
  await house.ask('/sequences', { headers: { 'x-api-key': 'wrong' } });
  expect(lastLine()).toMatchObject({ level: INFO, status: 401, code: 'API_KEY_WRONG', origin: 'gateway' });
});

test('a failure of the provider is a warning, and says whose it is', async () => {
  const path = new RegExp(`/sequenceSteps$|/sequences/${sequenceOf(house.sandbox('outreach'))}$`);
  const fault = { kind: 'answer', at: 'before_commit', status: 500, body: '' } as const;
  house.sandbox('outreach').addFault({ match: { path }, fault, nth: 1, times: 'until_cleared' });
  const answer = await createStep(house, { type: 'call' }, { headers: { prefer: 'wait=0' } });
  const { errors } = answer.json as { errors: readonly [{ code: string }] };
  expect(lastLine()).toMatchObject({
    level: WARN,
    status: answer.status,
    code: errors[0].code,
    origin: 'remote-provider',
  });
  expect(answer.status).toBeGreaterThanOrEqual(500);
});

test('a failure of the gateway, on a page for browsers too, is a warning', async () => {
  const away = await openHouse();
  await away.close();
  expect((await away.ask(`/oauth/start/${'A'.repeat(43)}`, { headers: { 'x-api-key': '' } })).status).toBe(503);
  const line = JSON.parse(away.logs.at(-1) ?? '{}') as object;
  expect(line).toMatchObject({ level: WARN, code: 'STORE_UNAVAILABLE', origin: 'gateway' });
});
