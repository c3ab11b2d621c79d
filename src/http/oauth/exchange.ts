/** What a provider sends a person back with, and what the token endpoint gives for it. */
import { isNone } from '../../model/cell.ts';
import type { NamedProvider } from '../../model/declaration.ts';
import { GrantError, type Grant, type GrantFailure } from '../../model/grant.ts';
import type { Gateway, RequestContext } from '../env.ts';
import type { ConsentWord } from './words.ts';

/** The query of the callback; a parameter that is there twice is none (RFC 6749, 3.1). */
export type CallbackValues = (name: string) => string | undefined;

export function readCallback(c: RequestContext): CallbackValues {
  const query = c.req.queries();
  return (name) => {
    const [value = '', ...others] = query[name] ?? [];
    return value === '' || value.length > MAX_PARAMETER || others.length > 0 ? undefined : value;
  };
}

export interface CallbackExchange {
  readonly redirect_uri: string;
  readonly code_verifier: string;
}

/** `error` is the word that the return URL is told, `because` is for the log; neither holds a secret. */
export type Exchanged = { readonly grant: Grant } | { readonly error: ConsentWord; readonly because?: string };

export async function exchangeCallback(
  { tokens }: Gateway,
  provider: NamedProvider,
  values: CallbackValues,
  { redirect_uri, code_verifier }: CallbackExchange,
): Promise<Exchanged> {
  const [said, code, { oauth }] = [values('error'), values('code'), provider];
  if (said !== undefined) return { error: RFC_6749_ERRORS.find((word) => word === said) ?? 'provider_error' };
  if (isNone(oauth) || code === undefined) return { error: 'provider_error', because: 'no code came back' };
  const repeated = (oauth.repeats ?? []).flatMap((name): [string, string][] => {
    const value = values(name);
    return value === undefined ? [] : [[name, value]];
  });
  try {
    const grant = await tokens.exchangeCode(provider, {
      code,
      redirect_uri,
      repeated: Object.fromEntries(repeated),
      ...(oauth.pkce ? { code_verifier } : {}),
    });
    return { grant };
  } catch (error) {
    if (!(error instanceof GrantError)) throw error;
    return { error: EXCHANGE_ERRORS[error.kind], because: error.message };
  }
}

const MAX_PARAMETER = 4096;

/** 4.1.2.1. Any other word is the provider's own, and is not handed on. */
const RFC_6749_ERRORS = [
  'access_denied',
  'invalid_request',
  'unauthorized_client',
  'unsupported_response_type',
  'invalid_scope',
  'server_error',
  'temporarily_unavailable',
] as const satisfies readonly ConsentWord[];

const EXCHANGE_ERRORS = {
  refused: 'code_refused',
  misconfigured: 'gateway_misconfigured',
  not_executed: 'temporarily_unavailable',
  unknown: 'exchange_failed',
} as const satisfies Record<GrantFailure, ConsentWord>;
