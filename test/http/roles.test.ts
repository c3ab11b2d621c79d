/** What each role may do: every operation of the API document with every role. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROLES, type Role } from '../../src/model/role.ts';
import type { Answer } from '../support/answer.ts';
import type { House } from '../support/house.ts';
import { as, auditOf, makeKey, type MadeKey } from './keys.ts';
import {
  connectionPath,
  createStep,
  errorsOf,
  openConnectedHouse,
  tenant,
  told,
  writesDone,
  type Asked,
} from './support.ts';

interface Documented {
  readonly operationId: string;
  readonly 'x-role'?: Role;
  readonly security: readonly object[];
  readonly responses: Readonly<Record<string, unknown>>;
}

interface Operation extends Documented {
  readonly method: string;
  readonly path: string;
}

let house: House;
let operations: readonly Operation[];
const keys = {} as Record<Role, MadeKey>;

beforeAll(async () => {
  house = await openConnectedHouse();
  for (const role of ROLES) keys[role] = await makeKey(house, role);
  const { paths } = (await house.ask('/openapi.json')).json as {
    paths: Readonly<Record<string, Readonly<Record<string, Documented>>>>;
  };
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, each]) => ({ ...each, method: method.toUpperCase(), path })),
  );
});
afterAll(() => house.close());

const MAY: Readonly<Record<Role, readonly Role[]>> = {
  read: ['read'],
  write: ['read', 'write'],
  admin: ['read', 'write', 'admin'],
};
const ADMINS = new Set(['createApiKey', 'listApiKeys', 'revokeApiKey', 'listAudit']);

function expected({ method, operationId, security }: Operation): Role | undefined {
  if (security.length === 0) return undefined;
  if (ADMINS.has(operationId)) return 'admin';
  return method === 'GET' ? 'read' : 'write';
}

/** As somebody else's customer, so that whatever is allowed changes nothing. */
function request(at: Asked, { method, path }: Operation, prefix = ''): Promise<Answer> {
  const concrete = path
    .replace('{provider}', 'outreach')
    .replace('{name}', 'outreach')
    .replaceAll(/\{\w+\}/g, 'nothing');
  const body = method === 'GET' || method === 'DELETE' ? {} : { body: {} };
  return at.ask(prefix + concrete, { method, headers: tenant('outreach', 'nobody'), ...body });
}

test('the document says what role each operation takes, and that it can be refused', () => {
  expect(operations.length).toBeGreaterThan(25);
  for (const operation of operations) {
    const role = expected(operation);
    expect([operation.operationId, operation['x-role']]).toEqual([operation.operationId, role]);
    if (role === undefined) continue;
    const canBeRefused = role !== 'read';
    expect(Object.keys(operation.responses).includes('403'), operation.operationId).toBe(canBeRefused);
  }
});

describe.each(ROLES)('a key with the role %s', (role) => {
  test('may do what its role says, and nothing else', async () => {
    for (const operation of operations) {
      for (const prefix of ['', '/engagement/v2']) {
        const answer = await request(as(house, keys[role]), operation, prefix);
        const what = `${operation.method} ${prefix}${operation.path}: ${answer.text.slice(0, 200)}`;
        const needed = expected(operation);
        if (told(answer).includes('ROUTE_NOT_FOUND')) expect(prefix, what).not.toBe('');
        else if (needed === undefined || MAY[role].includes(needed))
          expect([401, 403], what).not.toContain(answer.status);
        else {
          expect(answer.status, what).toBe(403);
          expect(told(answer), what).toEqual(['ROLE_NOT_ALLOWED']);
          expect(errorsOf(answer)[0]?.detail).toContain(`the role ${needed};`);
          expect(errorsOf(answer)[0]?.meta).toMatchObject({ origin: 'gateway', retriable: false });
        }
      }
    }
    expect(house.sandbox('outreach').calls()).toEqual([]);
  });
});

test('what a role forbids is refused before anything is read of the request, dry runs too', async () => {
  const reader = as(house, keys.read);
  const refused = [
    await createStep(reader, { type: 'call' }),
    await createStep(reader, { type: 'call' }, { query: '?dry_run=true' }),
    await reader.ask('/sequences', { method: 'POST', body: '{' }),
    await reader.ask(connectionPath('outreach'), { method: 'DELETE' }),
    await reader.ask(`${connectionPath('outreach')}?surprise=1`, { method: 'PUT', body: {} }),
    await as(house, keys.write).ask('/api_keys', { method: 'POST', body: { name: 'more', role: 'admin' } }),
  ];
  expect(refused.map((answer) => [answer.status, ...told(answer)])).toEqual(
    refused.map(() => [403, 'ROLE_NOT_ALLOWED']),
  );
  expect(house.sandbox('outreach').calls()).toEqual([]);
  expect((await house.ask(connectionPath('outreach'))).status).toBe(200);
  expect(await auditOf(house, `page_size=100&key_id=${keys.read.id}&action=createSequenceStep`)).toMatchObject(
    Array.from({ length: 4 }, () => ({ status: 403, outcome: 'refused' })),
  );
});

test('HEAD is a GET, and any other method is none of ours', async () => {
  const reader = as(house, keys.read);
  expect((await reader.ask('/providers', { method: 'HEAD' })).status).toBe(200);
  expect((await reader.ask('/audit', { method: 'HEAD' })).status).toBe(403);
  expect((await reader.ask('/sequences', { method: 'PROPFIND' })).status).toBe(404);
});

test('a write key writes', async () => {
  expect((await createStep(as(house, keys.write), { type: 'call' })).status).toBe(201);
  expect(writesDone(house)).toHaveLength(1);
});
