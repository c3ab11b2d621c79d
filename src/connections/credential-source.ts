/** Where the calls of one request get their credential: the customer's own as it was at the start, a renewed pair as it is now. */
import type { CredentialSource } from '../core/ports.ts';
import type { CredentialType } from '../model/credential.ts';
import type { NamedProvider } from '../model/declaration.ts';
import type { ConnectionKey } from '../store/connection-store.ts';
import { changedMeanwhile, mending } from './connection-problems.ts';
import type { Connections, StoredCredential } from './connections.ts';

export interface SourceHouse {
  readonly connections: Connections;
  readonly key: ConnectionKey;
  readonly provider: NamedProvider;
  readonly accepted: readonly CredentialType[];
  readonly now: () => number;
  /** The provider has refused the credentials, and that is kept. */
  readonly marked: () => void;
  readonly notMarked: () => void;
}

type Source = CredentialSource<StoredCredential>;

/** @throws {ProblemError} as `Connections.credentialFor`. */
export function openSource(house: SourceHouse): Source | Promise<Source> {
  const found = house.connections.credentialFor(house.key, house.provider, house.accepted);
  return found instanceof Promise ? found.then((held) => sourceOf(house, held)) : sourceOf(house, found);
}

function sourceOf(house: SourceHouse, first: StoredCredential): Source {
  const { connections, key, provider, accepted, now, marked, notMarked } = house;
  let held = first;
  const { consent_id } = held;
  const hold = (credential: StoredCredential): StoredCredential => {
    if (credential.consent_id !== consent_id) throw changedMeanwhile(key, provider);
    held = credential;
    return credential;
  };
  return {
    type: held.type,
    mending: () => mending(key, first.pair !== undefined),
    current: () => {
      if (!held.pair) return held;
      const atHand = connections.atHand(key);
      if (atHand) return hold(atHand);
      // No longer in memory, and still good: a store that is away must not stop half a write.
      if (now() < held.pair.renew_at) return held;
      const found = connections.credentialFor(key, provider, accepted);
      return found instanceof Promise ? found.then(hold) : hold(found);
    },
    replace: async (refused) => {
      const another = await connections.replace(key, provider, accepted, refused);
      return another && hold(another);
    },
    worked: (credential) => {
      if (!credential.is_marked) return undefined;
      // The caller has his answer; that it could not be noted shows at the next one.
      return connections.setStatus(key, credential, { status: 'active', reason: null }).then(
        () => undefined,
        () => undefined,
      );
    },
    refused: async (credential) => {
      const at = new Date(now()).toISOString();
      const reason = `${provider.title} refused the credentials at ${at}.`;
      try {
        if (await connections.setStatus(key, credential, { status: 'needs_reauth', reason })) marked();
      } catch {
        notMarked();
      }
    },
  };
}
