/** The way of a person's browser when an account is connected by OAuth. */
import { ConfigError, isSafe, readBaseUrl, type Environment } from './settings.ts';

export interface ConsentConfig {
  /** The gateway's own URL as browsers reach it, without a slash at its end. */
  readonly publicUrl: string | undefined;
  /** Where browsers are sent in the end, compared as they are. */
  readonly returnUrls: readonly string[];
}

export function readConsent(env: Environment): ConsentConfig {
  const publicUrl = env['STEPGATE_PUBLIC_URL'] || '';
  return {
    publicUrl: publicUrl === '' ? undefined : readBaseUrl('STEPGATE_PUBLIC_URL', publicUrl),
    returnUrls: readReturnUrls(env),
  };
}

export function readReturnUrls(env: Environment): readonly string[] {
  const texts = (env['STEPGATE_RETURN_URLS'] || '').split(',').map((text) => text.trim());
  return texts.flatMap((text) => (text === '' ? [] : [readReturnUrl(text)]));
}

/** What the gateway puts into its query. */
const TOLD = ['authorization_id', 'confirmation', 'error'];

function readReturnUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !isSafe(url) || text.includes('#') || url.username !== '' || url.password !== '') {
    throw new ConfigError(
      `STEPGATE_RETURN_URLS: ${JSON.stringify(text)} must be an https URL without fragment or user (http only on loopback).`,
    );
  }
  const taken = TOLD.find((name) => url.searchParams.has(name));
  if (taken !== undefined)
    throw new ConfigError(`STEPGATE_RETURN_URLS: ${JSON.stringify(text)} has a parameter ${taken} of its own.`);
  return text;
}
