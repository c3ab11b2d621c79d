/** A reading that is overtaken by a change, whichever of the two the store answers first. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { openConnections } from '../../src/connections/connections.ts';
import type { Renewals } from '../../src/connections/renewal.ts';
import { newKeyRing, openVault, parseKeyRing } from '../../src/connections/vault.ts';
import { loadProviders } from '../../src/core/registry.ts';
import { FRESH, type ConnectionStore } from '../../src/store/connection-store.ts';
import type { ConnectionRow } from '../../src/store/tables.ts';

const KEY = { customer_id: 'my-customer-1', provider: 'outreach' };
const vault = openVault(parseKeyRing(newKeyRing()));

const renewals: Renewals = {
  renew: () => Promise.reject(new Error('not renewed')),
  hasUnstored: () => false,
  storeKept: () => Promise.resolve(),
  settle: () => Promise.resolve(),
};

/** A store whose readings wait until they are let go. */
function slowStore() {
  let row: ConnectionRow | undefined;
  const waiting: (() => void)[] = [];
  const store: ConnectionStore = {
    get: () => {
      const seen = row;
      return new Promise((resolve) => {
        waiting.push(() => {
          resolve(seen);
        });
      });
    },
    put: (key, input, now) => {
      row = {
        ...key,
        ...input,
        ...FRESH,
        credentials_id: randomUUID(),
        consent_id: randomUUID(),
        created_at: now,
        updated_at: now,
      };
      return Promise.resolve({ row, isNew: true });
    },
    putWith: () => Promise.resolve(undefined),
    setStatus: () => Promise.resolve(true),
    remove: () => {
      row = undefined;
      return Promise.resolve(true);
    },
    ping: () => Promise.resolve(),
  };
  const letGo = (): void => {
    for (const go of waiting.splice(0)) go();
  };
  return { store, letGo };
}

test.each(['replaced', 'forgotten'])('credentials that are %s meanwhile are not used afterwards', async (how) => {
  const provider = (await loadProviders()).get('outreach');
  if (!provider) throw new Error('no provider');
  const { store, letGo } = slowStore();
  const connections = openConnections({ store, vault, renewals, now: () => 0 });
  await connections.put(KEY, { type: 'access_token', secret: 'first-secret' }, null);
  const overtaken = connections.credentialFor(KEY, provider, ['access_token']);
  if (how === 'replaced') await connections.put(KEY, { type: 'access_token', secret: 'second-secret' }, null);
  else await connections.remove(KEY);
  letGo();
  expect((await overtaken).secret).toBe('first-secret');

  const after = connections.credentialFor(KEY, provider, ['access_token']);
  letGo();
  if (how === 'replaced') expect((await after).secret).toBe('second-secret');
  else await expect(after).rejects.toThrow('has no connection');
});
