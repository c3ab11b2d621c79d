/** Where the calls of one request get their credential: the customer's own as it was at the start, a renewed pair as it is now. */
import type { CredentialSource } from '../core/ports.ts';
import type { CredentialType } from '../model/credential.ts';
import type { NamedProvider } from '../model/declaration.ts';
import type { ConnectionKey } from '../store/connection-store.ts';
import type { Connections, StoredCredential } from './connections.ts';

export interface SourceHouse {
  readonly connections: Connections;
  readonly key: ConnectionKey;
  readonly provider: NamedProvider;
  readonly accepted: readonly CredentialType[];
  readonly now: () => number;
  readonly notMarked: () => void;
}

/** @throws {ProblemError} as `Connections.credentialFor`. */
export async function openSource(house: SourceHouse): Promise<CredentialSource<StoredCredential>> {
  const { connections, key, provider, accepted, now, notMarked } = house;
  let held = await connections.credentialFor(key, provider, accepted);
  const hold = (credential: StoredCredential): StoredCredential => {
    held = credential;
    return credential;
  };
  return {
    type: held.type,
    current: () => {
      if (!held.pair) return held;
      const atHand = connections.atHand(key);
      if (atHand) return hold(atHand);
      // No longer in memory, and still good: a store that is away must not stop half a write.
      if (now() < held.pair.renew_at) return held;
      return connections.credentialFor(key, provider, accepted).then(hold);
    },
    replace: async (refused) => {
      const another = await connections.replace(key, provider, accepted, refused);
      return another && hold(another);
    },
    refused: async (credential) => {
      const at = new Date(now()).toISOString();
      const reason = `${provider.title} refused the credentials at ${at}.`;
      await connections.setStatus(key, credential, { status: 'needs_reauth', reason }).catch(notMarked);
    },
  };
}
