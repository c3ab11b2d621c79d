/** Settings that are misspelt, malformed or of no use: told in one sentence, with what to do and without any key. */
import { describe, expect, test } from 'vitest';
import { readDevConfig, readRotateConfig, readServeConfig } from '../src/config/config.ts';
import { ConfigError, type Environment } from '../src/config/settings.ts';
import type { Reached } from '../src/config/upstreams.ts';
import { loadProviders } from '../src/core/registry.ts';
import { isNone } from '../src/model/cell.ts';

const KEY = 'HG22_canary'.padEnd(43, 'A');
const BASE = { STEPGATE_API_KEY: 'x'.repeat(30), STEPGATE_ENCRYPTION_KEYS: `k1:${KEY}` };
const WITHOUT: Reached = { name: 'plain', oauth: { support: 'none', because: 'there is none' } };

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('Nothing was refused.');
}
const serveRefusal = (env: Environment, providers: Iterable<Reached> = []) =>
  refusal(() => readServeConfig({ ...BASE, ...env }, providers));

describe('a name that is no setting', () => {
  test.each([
    ['STEPGATE_ALOW_PRIVATE', 'STEPGATE_ALLOW_PRIVATE_UPSTREAMS'],
    ['STEPGATE_DATABSE', 'STEPGATE_DATABASE'],
    ['STEPGATE_DATABASE_URL', 'STEPGATE_DATABASE'],
    ['STEPGATE_ENCRYPTION_KEY', 'STEPGATE_ENCRYPTION_KEYS'],
    ['STEPGATE_GRACE_SECONDS', 'STEPGATE_SETTLE_GRACE_SECONDS'],
    ['STEPGATE_AUTH_OUTLOOK_CLIENT_ID', 'STEPGATE_OAUTH_<PROVIDER>…'],
    ['STEPGATE_BASEURL_X', 'STEPGATE_BASE_URL_<PROVIDER>…'],
  ])('%s is refused with the nearest one, by every command', (name, nearest) => {
    const env = { ...BASE, [name]: 'canary' };
    for (const read of [() => readServeConfig(env, []), () => readRotateConfig(env), () => readDevConfig(env)])
      expect(refusal(read)).toBe(`${name} is no setting. The nearest one is ${nearest}.`);
  });

  test('others than ours are not looked at', () => {
    expect(() => readServeConfig({ ...BASE, NPM_CONFIG: 'x', STEPGATEWAY: 'x' }, [])).not.toThrow();
  });
});

test('a base URL that is empty is not set', async () => {
  const env = { ...BASE, STEPGATE_BASE_URL_APOLLO: '', STEPGATE_OAUTH_BASE_URL_APOLLO: '' };
  const { baseUrls, oauth } = readServeConfig(env, (await loadProviders()).values());
  expect([baseUrls.size, oauth.origins.size]).toEqual([0, 0]);
});

describe('a provider without OAuth', () => {
  test.each(['STEPGATE_OAUTH_PLAIN_CLIENT_ID', 'STEPGATE_OAUTH_PLAIN_CLIENT_SECRET', 'STEPGATE_OAUTH_BASE_URL_PLAIN'])(
    '%s is refused as that',
    (name) => {
      expect(serveRefusal({ [name]: 'https://canary.example' }, [WITHOUT])).toMatch(
        new RegExp(`^${name} has no effect: plain has no OAuth\\.`),
      );
    },
  );

  test('is not among those that could have been meant', async () => {
    const all = [...(await loadProviders()).values()];
    for (const name of ['STEPGATE_OAUTH_NOBODY_CLIENT_ID', 'STEPGATE_OAUTH_BASE_URL_NOBODY']) {
      const said = serveRefusal({ [name]: 'x' }, all);
      for (const { name: provider, oauth } of all) {
        if (isNone(oauth)) expect(said).not.toContain(provider.toUpperCase());
        else expect(said).toContain(provider.toUpperCase());
      }
    }
  });
});

describe('keys', () => {
  test.each([
    ['no id', KEY],
    ['no id and the beginning only', KEY.slice(0, 20)],
    ['a key before the colon', `${KEY}:k1`],
    ['a truncated one', `k1:${KEY.slice(0, 20)}`],
    ['one behind it without id', `k1:${KEY},${KEY.slice(0, 20)}`],
    ['a doubled id', `k1:${KEY},k1:${KEY}`],
  ])('%s: the right key is asked for, no new one, and nothing of it is shown', (_what, text) => {
    for (const read of [readRotateConfig, (env: Environment) => readServeConfig(env, [])]) {
      const said = refusal(() => read({ ...BASE, STEPGATE_ENCRYPTION_KEYS: text }));
      expect(said).toMatch(/^STEPGATE_ENCRYPTION_KEYS: .*Put the right key there: what is stored cannot be opened/);
      expect(said).not.toContain('keys new');
      expect(said).not.toContain('HG22');
    }
  });

  test('new ones are for a new gateway', () => {
    expect(refusal(() => readServeConfig({}, []))).toContain(
      'For a new gateway make both with: npm run -s stepgate -- keys new',
    );
    expect(serveRefusal({ STEPGATE_API_KEY: 'short' })).not.toContain('keys new');
  });
});

describe('a database', () => {
  test.each(['statement_timeout', 'lock_timeout', 'query_timeout', 'idle_in_transaction_session_timeout'])(
    '%s is a number',
    (name) => {
      expect(serveRefusal({ DATABASE_URL: `postgres://a:canary@db/x?${name}=abc` })).toBe(
        `The ${name} of DATABASE_URL must be a whole number.`,
      );
      expect(() => readServeConfig({ ...BASE, DATABASE_URL: `postgres://a:b@db/x?${name}=1500` }, [])).not.toThrow();
    },
  );

  test.each(['%zz', '%ff', '%'])('a host of %j is refused, without the password', (host) => {
    const said = serveRefusal({ DATABASE_URL: `postgres://a:canary@${host}/x` });
    expect(said).toMatch(/^The host of DATABASE_URL has a %/);
    expect(said).not.toContain('canary');
  });

  test('a host may be the path of a socket', () => {
    const env = { ...BASE, DATABASE_URL: 'postgres://a:b@%2Fvar%2Frun/x' };
    expect(() => readServeConfig(env, [])).not.toThrow();
  });

  test('a file is a path', () => {
    expect(serveRefusal({ STEPGATE_DATABASE: 'file:x.db' })).toContain('without "file:"');
  });
});
