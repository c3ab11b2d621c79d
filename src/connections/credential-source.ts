/** Where the calls of one request get their credential: the customer's own as it was at the start, a renewed pair as it is now. */
import type { Clock, CredentialSource } from '../core/ports.ts';
import type { CredentialType } from '../model/credential.ts';
import type { NamedProvider } from '../model/declaration.ts';
import type { ConnectionKey } from '../store/connection-store.ts';
import { changedMeanwhile, mending } from './connection-problems.ts';
import type { Connections, StoredCredential } from './connections.ts';

export interface SourceHouse {
  readonly connections: Connections;
  readonly clock: Clock;
  /** The provider has refused the credentials, and that is kept. */
  readonly marked: (request: CredentialUse) => void;
  readonly notMarked: (request: CredentialUse) => void;
}

/** Whose credentials are used, for what, and by which request. */
export interface CredentialUse {
  readonly key: ConnectionKey;
  readonly provider: NamedProvider;
  readonly accepted: readonly CredentialType[];
  readonly request_id: string;
}

type Source = CredentialSource<StoredCredential>;

/** @throws {ProblemError} (by what it answers with) as `Connections.credentialFor`. */
export type OpenSource = (use: CredentialUse) => Source | Promise<Source>;

export function openSources(house: SourceHouse): OpenSource {
  return (use) => {
    const found = house.connections.credentialFor(use.key, use.provider, use.accepted);
    return found instanceof Promise ? found.then((held) => new Held(house, use, held)) : new Held(house, use, found);
  };
}

/** A class, because every request makes one. */
class Held implements Source {
  readonly type: CredentialType;
  private readonly house: SourceHouse;
  private readonly use: CredentialUse;
  private readonly first: StoredCredential;
  private held: StoredCredential;

  constructor(house: SourceHouse, use: CredentialUse, first: StoredCredential) {
    this.type = first.type;
    this.house = house;
    this.use = use;
    this.first = first;
    this.held = first;
  }

  mending(): string {
    return mending(this.use.key, this.first.pair !== undefined);
  }

  current(): StoredCredential | Promise<StoredCredential> {
    const { held } = this;
    if (!held.pair) return held;
    const { connections, clock } = this.house;
    const { key, provider, accepted } = this.use;
    const atHand = connections.atHand(key);
    if (atHand) return this.hold(atHand);
    // No longer in memory, and still good: a store that is away must not stop half a write.
    if (clock.now() < held.pair.renew_at) return held;
    const found = connections.credentialFor(key, provider, accepted);
    return found instanceof Promise ? found.then((credential) => this.hold(credential)) : this.hold(found);
  }

  async replace(refused: StoredCredential): Promise<StoredCredential | undefined> {
    const { key, provider, accepted } = this.use;
    const another = await this.house.connections.replace(key, provider, accepted, refused);
    return another && this.hold(another);
  }

  worked(credential: StoredCredential): Promise<void> | undefined {
    if (!credential.is_marked) return undefined;
    // The caller has his answer; that it could not be noted shows at the next one.
    return this.house.connections.setStatus(this.use.key, credential, { status: 'active', reason: null }).then(
      () => undefined,
      () => undefined,
    );
  }

  async refused(credential: StoredCredential): Promise<void> {
    const { connections, clock, marked, notMarked } = this.house;
    const at = new Date(clock.now()).toISOString();
    const reason = `${this.use.provider.title} refused the credentials at ${at}.`;
    try {
      const note = { status: 'needs_reauth', reason } as const;
      if (await connections.setStatus(this.use.key, credential, note)) marked(this.use);
    } catch {
      notMarked(this.use);
    }
  }

  private hold(credential: StoredCredential): StoredCredential {
    const { key, provider } = this.use;
    if (credential.consent_id !== this.first.consent_id) throw changedMeanwhile(key, provider);
    this.held = credential;
    return credential;
  }
}
