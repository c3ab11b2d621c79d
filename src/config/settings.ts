/** What every setting is read with. */

/** A mistake in the settings; its message is for the operator, and is all that is printed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export type Environment = Readonly<Record<string, string | undefined>>;

export function readFlag(env: Environment, name: string, standard: boolean): boolean {
  const text = env[name] || String(standard);
  if (text !== 'true' && text !== 'false') throw new ConfigError(`${name} must be true or false.`);
  return text === 'true';
}

/** A whole number in these bounds; undefined where it is not set. */
export function readCount(env: Environment, name: string, [min, max]: readonly [number, number]): number | undefined {
  const text = env[name] || '';
  if (text === '') return undefined;
  const count = Number(text);
  if (!/^\d{1,9}$/.test(text) || count < min || count > max)
    throw new ConfigError(
      `${name} must be a whole number from ${String(min)} to ${String(max)}, not ${JSON.stringify(text)}.`,
    );
  return count;
}

/** Credentials go there, or browsers with secrets: in the clear only within this machine. */
export function readBaseUrl(variable: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !isSafe(url) || url.search !== '' || url.hash !== '' || url.username !== '') {
    throw new ConfigError(`${variable} must be an https URL without query, fragment or user (http only on loopback).`);
  }
  return text.replace(/\/+$/, '');
}

/** Whether nobody on the way can read along. */
export function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname.replace(/^\[|\]$/g, '')));
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
