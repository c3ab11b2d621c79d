/** What is told where a connection cannot be used, and how to mend it. */
import type { CredentialType } from '../model/credential.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError } from '../model/problem.ts';
import type { ConnectionKey } from '../store/connection-store.ts';

export function connectionNotFound({ customer_id, provider }: ConnectionKey): ProblemError {
  // The same words where there is none and where the API key is not for this customer.
  const detail = `Customer ${customer_id} has no connection to ${provider} that this API key reaches. Make one with PUT ${pathOf({ customer_id, provider })}, with an API key that reaches the customer.`;
  return new ProblemError({ code: 'CONNECTION_NOT_FOUND', detail, provider });
}

export function expired(key: ConnectionKey, provider: NamedProvider, expiresAt: number): ProblemError {
  const detail = `The credentials for ${provider.title} expired at ${isoOf(expiresAt)}. Store new ones with PUT ${pathOf(key)}.`;
  return new ProblemError({ code: 'CONNECTION_NEEDS_REAUTH', detail, provider: provider.name });
}

export function wrongKind(
  provider: NamedProvider,
  type: CredentialType,
  accepted: readonly CredentialType[],
): ProblemError {
  const code = accepted.includes('api_key') ? 'CONNECTION_NEEDS_API_KEY' : 'CONNECTION_NEEDS_ACCESS_TOKEN';
  const detail = `${provider.title} takes ${accepted.join(' or ')} for this operation; the connection has ${type}. Nothing was sent.`;
  return new ProblemError({ code, detail, provider: provider.name });
}

/** Of an oauth2 connection: only its owner's consent helps. */
export function needsConsent(key: ConnectionKey, provider: NamedProvider, reason: string): ProblemError {
  const detail = `${reason} ${mending(key, true)}`;
  return new ProblemError({ code: 'CONNECTION_NEEDS_REAUTH', detail, provider: provider.name });
}

/** What is under way is not gone on with in what may be another account. */
export function changedMeanwhile({ customer_id }: ConnectionKey, { name, title }: NamedProvider): ProblemError {
  const detail = `Other credentials for ${title} were stored for customer ${customer_id} while this was under way; they may be of another account, so that nothing was sent with them. What was sent before is in the account of the old ones. Repeat the request, or resume its operation where there is one, only if both are the same account.`;
  return new ProblemError({ code: 'CONNECTION_CHANGED', detail, provider: name });
}

/** How the customer mends what a provider has refused. */
export function mending(key: ConnectionKey, isRenewed: boolean): string {
  if (isRenewed) return `Let the account's owner authorize it again: POST ${pathOf(key)}/authorize.`;
  return `Store new credentials with PUT ${pathOf(key)}.`;
}

/** The access token has ended, or is refused, and there is no other one yet. `seconds`: until it is worth a try. */
export function notRenewed({ name }: NamedProvider, why: string, seconds: number): ProblemError {
  const detail = `The access token of this connection cannot be renewed now: ${ended(why)} The gateway tries again when it is asked in ${String(seconds)} s or later.`;
  return new ProblemError({ code: 'CONNECTION_NOT_RENEWED', detail, provider: name, retryAfterSeconds: seconds });
}

export function misconfigured({ name }: NamedProvider, why: string, seconds: number): ProblemError {
  const detail = `The access token of this connection cannot be renewed: ${ended(why)} This is for the operator of this gateway to mend, in its OAuth settings for ${name}; the connection is not at fault.`;
  return new ProblemError({ code: 'OAUTH_MISCONFIGURED', detail, provider: name, retryAfterSeconds: seconds });
}

export function isoOf(time: number): string {
  return new Date(time).toISOString();
}

function pathOf({ customer_id, provider }: ConnectionKey): string {
  return `/customers/${customer_id}/connections/${provider}`;
}

function ended(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
