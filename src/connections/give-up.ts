/** What goes with a master key that is lost: the gateway's own secrets, and what hangs on them. Credentials are only set aside. */
import type { KeyHouse } from './key-ring.ts';
import { API_KEY_PEPPER, ownerOfSecret } from './secrets.ts';
import { keyIdOf, openVault } from './vault.ts';

export interface GivenUp {
  readonly id: string;
  /** Names of secrets that are gone; a new one is made at the next use of each. */
  readonly secrets: readonly string[];
  readonly revokedApiKeys: number;
}

/**
 * Drops the secrets of this key that cannot be opened, and revokes the stored API keys where they were hashed with one of them:
 * they could never match again. Nothing while a gateway still seals with it, because then it is not lost.
 * @param unseen milliseconds since the epoch: a gateway whose last word of sealing with the key is older is taken not to do it any more
 * @param by named in the audit as the one who revoked the API keys
 */
export async function giveUpSecrets(
  { keys, ring }: Pick<KeyHouse, 'keys' | 'ring'>,
  { id, by, now, unseen }: { readonly id: string; readonly by: string; readonly now: number; readonly unseen: number },
): Promise<GivenUp> {
  const [vault, secrets] = [openVault(ring), new Array<string>()];
  let revokedApiKeys = 0;
  const seen = (await keys.list()).find((known) => known.id === id)?.active_seen_at ?? 0;
  if (!ring.keys.has(id) && seen >= unseen) return { id, secrets, revokedApiKeys };
  for (const secret of await keys.secrets()) {
    if (keyIdOf(secret.sealed) !== id || isOpened(() => vault.open(secret.sealed, ownerOfSecret(secret.name))))
      continue;
    const revoked = await keys.dropSecret(secret, secret.name === API_KEY_PEPPER ? { by, now } : undefined);
    if (revoked === undefined) continue;
    secrets.push(secret.name);
    revokedApiKeys += revoked;
  }
  return { id, secrets, revokedApiKeys };
}

function isOpened(open: () => string): boolean {
  try {
    open();
    return true;
  } catch {
    return false;
  }
}
