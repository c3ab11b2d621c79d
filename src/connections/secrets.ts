/** Secrets of the gateway's own, sealed with the master key like a customer's credentials. */
import { ProblemError } from '../model/problem.ts';
import { GATEWAY } from '../store/sealed-tables.ts';
import type { SecretStore } from '../store/secret-store.ts';
import type { Owner, Vault } from './vault.ts';

/** What the stored API keys are hashed with: without it none of them can match again. */
export const API_KEY_PEPPER = 'api_key_pepper';

/** No customer's envelope can be taken for one of these. */
export function ownerOfSecret(name: string): Owner {
  return { customer_id: GATEWAY, provider: name };
}

/**
 * The secret of this name, made at its first use.
 * @throws {ProblemError} 503 where the store is away, or where no key of this gateway opens it.
 */
export async function keepSecret(store: SecretStore, vault: Vault, name: string, make: () => string): Promise<string> {
  const sealed = await store.readOrKeep(name, () => vault.seal(make(), ownerOfSecret(name)));
  try {
    return vault.open(sealed, ownerOfSecret(name));
  } catch (error) {
    const detail = `The secret ${name} of this gateway cannot be opened with its encryption keys. STEPGATE_ENCRYPTION_KEYS needs the key that it was sealed with; if that is lost, "stepgate keys rotate --give-up <its id>" makes a new secret possible.`;
    throw new ProblemError({ code: 'SECRET_UNREADABLE', detail }, { cause: error });
  }
}
