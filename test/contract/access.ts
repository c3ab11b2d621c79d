/** Ids and credentials: nothing climbs, every call is authorised, and no secret comes back out. */
import { expect, test } from 'vitest';
import { CUSTOMER } from '../support/house.ts';
import { canCreate, create, minimalRecord, type Stage, typeFor } from './stage.ts';

const CLIMBING = [
  '..%2Fcontacts%2F1',
  '%2e%2e',
  '1e3',
  '0x10',
  '-1',
  '+1',
  '01',
  '0',
  '1.0',
  '9007199254740993',
  '12345678901234567',
  '%00',
  'a%20b',
  '%F0%9F%98%80',
];

export function accessTests(stage: () => Stage): void {
  test.each(CLIMBING)('a sequence id of another shape is 404 without a call: %s', async (id) => {
    const { house, sandbox, name } = stage();
    sandbox.reset();
    const answer = await house.ask(`/sequences/${id}/sequence_steps`, {
      method: 'POST',
      headers: { 'x-customer-id': CUSTOMER, 'x-provider-name': name },
      body: { record: { type: 'call' } },
    });
    expect(answer.status, answer.text).toBe(404);
    expect(sandbox.calls()).toEqual([]);
  });

  test.each(CLIMBING)('a template id of another shape is 422 without a call: %s', async (encoded) => {
    if (!canCreate(stage().provider, 'auto_email')) return;
    const id = decodeURIComponent(encoded);
    const outcome = await create(stage(), { type: 'auto_email', template: { id } });
    expect(outcome.errors).toMatchObject([{ code: 'INVALID_VALUE', pointer: '/record/template/id' }]);
    expect(outcome.calls).toEqual([]);
  });

  test('every call carries the credentials and a user agent, and no answer and no log line has them', async () => {
    const { house, sandbox, provider } = stage();
    const record = minimalRecord(typeFor(provider, 'auto_email'));
    const secrets = Object.values(sandbox.credentials);
    const outcomes = [await create(stage(), record), await create(stage(), record, { dryRun: true })];
    const [created] = outcomes;
    expect(created?.calls.length).toBeGreaterThan(0);
    for (const { headers } of created?.calls ?? []) {
      expect(secrets.some((secret) => Object.values(headers).some((value) => value.includes(secret)))).toBe(true);
      expect(headers['user-agent']).toMatch(/^stepgate\/\d/);
    }
    const shown = [...outcomes.map(({ answer }) => answer.text), ...house.logs].join('\n');
    for (const secret of secrets) expect(shown).not.toContain(secret);
  });

  test('a refused credential is 424, marks the connection, and a working one mends it', async () => {
    const { house, sandbox, name } = stage();
    const headers = { 'x-customer-id': 'refused', 'x-provider-name': name };
    const [type] = Object.keys(sandbox.credentials);
    const path = `/customers/refused/connections/${name}`;
    await house.ask(path, { method: 'PUT', body: { credentials: { type, [String(type)]: 'wrong-credential-123' } } });
    const answer = await house.ask('/sequences', { headers });
    expect(answer.json).toMatchObject({
      errors: [{ code: 'CONNECTION_NEEDS_REAUTH', status: '424', meta: { origin: 'remote-provider' } }],
    });
    expect(answer.text).not.toContain('wrong-credential-123');
    expect((await house.ask(path)).json).toMatchObject({ status: 'needs_reauth' });
    await house.ask(path, {
      method: 'PUT',
      body: { credentials: { type, [String(type)]: Object.values(sandbox.credentials)[0] } },
    });
    const tested = await house.ask(`${path}/actions/test`, { method: 'POST' });
    expect(tested.json, tested.text).toMatchObject({ record: { status: 'active' } });
    await house.ask(path, { method: 'DELETE' });
  });
}
