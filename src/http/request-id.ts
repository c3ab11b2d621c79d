/** The id of a request: the caller's, where it can be one and shows no API key, else one of our own. */
import { randomUUID } from 'node:crypto';
import { showsKey } from '../access/key-text.ts';

const REQUEST_ID = /^[A-Za-z0-9._:@+=/-]{1,128}$/;

export function requestIdOf(given: string | null | undefined): string {
  return typeof given === 'string' && REQUEST_ID.test(given) && !showsKey(given) ? given : randomUUID();
}
