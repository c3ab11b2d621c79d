/** A token endpoint's answer, which is not to be trusted: what of it is taken, and within which bounds. */
import type { Grant } from '../model/grant.ts';
import { isObject } from '../model/is-object.ts';
import { parseBody } from './parse-body.ts';

/** It goes into a header. */
const TOKEN = /^[\x21-\x7e]{1,8192}$/;
const MAX_SCOPE_CHARACTERS = 4_096;
/** Longer than any published lifetime; more, or nothing at all, is taken for a mistake. */
const MAX_ACCESS_SECONDS = 366 * 86_400;

/**
 * Without what would make the library refuse an answer whose tokens are good: a pair that has been rotated and is thrown away
 * is lost. A lifetime that cannot be is none (the declared one counts then), and an ID token was not asked for.
 */
export function tidyAnswer(text: string): string {
  const { value } = parseBody(text);
  if (!isObject(value)) return text;
  const { id_token: _, expires_in: lifetime, scope, ...rest } = value;
  return JSON.stringify({
    ...rest,
    ...(isLifetime(lifetime) ? { expires_in: Number(lifetime) } : {}),
    ...(typeof scope === 'string' && scope.length <= MAX_SCOPE_CHARACTERS ? { scope } : {}),
    // No new one is spelt so too.
    ...(rest['refresh_token'] === null || rest['refresh_token'] === '' ? { refresh_token: undefined } : {}),
  });
}

/** @throws {TypeError} where a token could not be sent on. */
export function grantOf(
  {
    access_token,
    refresh_token,
    expires_in,
    scope,
  }: {
    readonly access_token: string;
    readonly refresh_token?: string | undefined;
    readonly expires_in?: number | undefined;
    readonly scope?: string | undefined;
  },
  { sentAt, standardSeconds }: { readonly sentAt: number; readonly standardSeconds: number },
): Grant {
  for (const token of [access_token, refresh_token ?? 'none'])
    if (!TOKEN.test(token)) throw new TypeError('a token in it has characters that no header can carry, or too many');
  return {
    access_token,
    ...(refresh_token === undefined ? {} : { refresh_token }),
    minted_at: sentAt,
    // Whole: a store may take no fraction, and then the pair would be lost.
    expires_at: sentAt + Math.floor((expires_in ?? standardSeconds) * 1000),
    ...(scope === undefined ? {} : { scope }),
  };
}

function isLifetime(value: unknown): boolean {
  const seconds = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && seconds >= 1 && seconds <= MAX_ACCESS_SECONDS;
}
