/** Credentials in use: expiry, kinds that reach only some operations, and a cache that is never behind. */
import { describe, expect, test } from 'vitest';
import type { Answer } from '../support/answer.ts';
import { openHouse } from '../support/house.ts';
import { openDoor } from './door.ts';
import { answerJson, openFaulty } from './faulty.ts';
import {
  connectionPath,
  createStep,
  errorsOf,
  houseOfFile,
  listSequences,
  putConnection,
  resetSandboxes,
  told,
} from './support.ts';

const house = await houseOfFile(openHouse);

const HOUR = 3_600_000;
const TOKEN = 'outreach-sandbox-token';
const WRONG = 'wrong-token-0123456789';

function putExpiring(customer: string, milliseconds: number): Promise<Answer> {
  const expires_at = new Date(house.clock.now() + milliseconds).toISOString();
  const credentials = { type: 'access_token', access_token: TOKEN, expires_at };
  return house.ask(connectionPath('outreach', customer), { method: 'PUT', body: { credentials } });
}

function create(customer: string, query = ''): Promise<Answer> {
  return createStep(house, { type: 'call' }, { headers: { 'x-customer-id': customer }, query });
}

describe('expires_at', () => {
  test('once it has passed: 424 without a call, until new credentials are stored', async () => {
    await putExpiring('expiring', HOUR);
    expect((await create('expiring')).status).toBe(201);
    house.clock.pass(HOUR - 1);
    expect((await create('expiring')).status).toBe(201);
    house.clock.pass(1);
    resetSandboxes(house);
    for (const answer of [
      await create('expiring'),
      await create('expiring', '?dry_run=true'),
      await listSequences(house, 'outreach', 'expiring'),
    ]) {
      expect(answer.status).toBe(424);
      expect(told(answer)).toEqual(['CONNECTION_NEEDS_REAUTH']);
      expect(errorsOf(answer)[0]).toMatchObject({
        meta: { origin: 'gateway', provider: 'outreach', retriable: false },
      });
      expect(errorsOf(answer)[0]?.detail).toContain(`PUT ${connectionPath('outreach', 'expiring')}`);
    }
    expect(house.sandbox('outreach').calls()).toEqual([]);
    await putExpiring('expiring', HOUR);
    expect((await create('expiring')).status).toBe(201);
  });

  test('in the past from the start', async () => {
    expect((await putExpiring('expired', -1)).status).toBe(201);
    expect(told(await create('expired'))).toEqual(['CONNECTION_NEEDS_REAUTH']);
    expect(house.sandbox('outreach').calls()).toEqual([]);
  });

  test('without one the credentials do not expire', async () => {
    await putConnection(house, 'outreach', 'access_token', TOKEN, 'lasting');
    house.clock.pass(1_000 * HOUR);
    expect((await create('lasting')).status).toBe(201);
  });
});

describe('a kind of credential that does not reach an operation', () => {
  test('Apollo over OAuth lists, and creates only with an API key', async () => {
    const { access_token: token = '', api_key: key = '' } = house.sandbox('apollo').credentials;
    const headers = { 'x-customer-id': 'oauth' };
    await putConnection(house, 'apollo', 'access_token', token, 'oauth');
    expect((await listSequences(house, 'apollo', 'oauth')).status).toBe(200);
    house.sandbox('apollo').reset();
    for (const query of ['', '?dry_run=true']) {
      const answer = await createStep(house, { type: 'call' }, { provider: 'apollo', headers, query });
      expect(answer.status).toBe(424);
      expect(told(answer)).toEqual(['CONNECTION_NEEDS_API_KEY']);
      expect(errorsOf(answer)[0]).toMatchObject({ meta: { origin: 'gateway', provider: 'apollo' } });
    }
    expect(house.sandbox('apollo').calls()).toEqual([]);
    expect((await house.ask(connectionPath('apollo', 'oauth'))).json).toMatchObject({ status: 'active' });
    await putConnection(house, 'apollo', 'api_key', key, 'oauth');
    expect((await createStep(house, { type: 'call' }, { provider: 'apollo', headers })).status).toBe(201);
  });
});

describe('what is stored counts at once', () => {
  test('new credentials and a forgotten connection', async () => {
    await putConnection(house, 'outreach', 'access_token', WRONG, 'changing');
    expect(told(await listSequences(house, 'outreach', 'changing'))).toEqual(['CONNECTION_NEEDS_REAUTH']);
    expect((await house.ask(connectionPath('outreach', 'changing'))).json).toMatchObject({ status: 'needs_reauth' });
    await putConnection(house, 'outreach', 'access_token', TOKEN, 'changing');
    expect((await listSequences(house, 'outreach', 'changing')).status).toBe(200);
    expect((await house.ask(connectionPath('outreach', 'changing'))).json).toMatchObject({ status: 'active' });
    await putConnection(house, 'outreach', 'access_token', WRONG, 'changing');
    expect((await listSequences(house, 'outreach', 'changing')).status).toBe(424);
    await house.ask(connectionPath('outreach', 'changing'), { method: 'DELETE' });
    expect(told(await listSequences(house, 'outreach', 'changing'))).toEqual(['CONNECTION_NOT_FOUND']);
  });

  /** Lets other work go on for a number of turns of the microtask queue. */
  async function turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
  }

  test('however a request that is under way is overtaken', async () => {
    const path = connectionPath('outreach', 'raced');
    for (let behind = 0; behind < 60; behind += 1) {
      await putConnection(house, 'outreach', 'access_token', TOKEN, 'raced');
      await Promise.all([
        listSequences(house, 'outreach', 'raced'),
        turns(behind).then(() => house.ask(path, { method: 'DELETE' })),
      ]);
      expect((await listSequences(house, 'outreach', 'raced')).status, `forgotten ${String(behind)} turns later`).toBe(
        404,
      );

      await putConnection(house, 'outreach', 'access_token', WRONG, 'raced');
      await Promise.all([
        listSequences(house, 'outreach', 'raced'),
        turns(behind).then(() => putConnection(house, 'outreach', 'access_token', TOKEN, 'raced')),
      ]);
      expect((await listSequences(house, 'outreach', 'raced')).status, `replaced ${String(behind)} turns later`).toBe(
        200,
      );
      await house.ask(path, { method: 'DELETE' });
    }
  });

  test('a refusal of credentials that were replaced meanwhile does not mark the new ones', async () => {
    const held = Promise.withResolvers<() => void>();
    const provider = await openFaulty((request, response) => {
      held.resolve(() => {
        answerJson(401, { error: 'Invalid JWT token.' })(request, response);
      });
    });
    const door = await openDoor({ baseUrls: new Map([['outreach', provider.url]]) });
    await putConnection(door, 'outreach', 'access_token', WRONG);
    const listing = listSequences(door, 'outreach');
    const refuse = await held.promise;
    await putConnection(door, 'outreach', 'access_token', TOKEN);
    refuse();
    const answer = await listing;
    const connection = await door.ask(connectionPath('outreach'));
    await door.close();
    await provider.close();
    expect(told(answer)).toEqual(['CONNECTION_NEEDS_REAUTH']);
    expect(connection.json).toMatchObject({ status: 'active' });
  });
});
