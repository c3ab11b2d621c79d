/** What a token endpoint's answer is taken for, over a real socket: nothing of it is trusted, and nothing secret is told. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TokenEndpoint } from '../../src/core/ports.ts';
import { loadProviders } from '../../src/core/registry.ts';
import type { NamedProvider } from '../../src/model/declaration.ts';
import { GrantError, type Grant } from '../../src/model/grant.ts';
import { DEFAULT_LIMITS, openExchange, type Exchange } from '../../src/upstream/exchange.ts';
import { openTokenEndpoint, tokenLimits } from '../../src/upstream/token-endpoint.ts';
import { answerJson, openFaulty, type Behave, type FaultyProvider } from '../http/faulty.ts';

const registry = await loadProviders();
/** By what is declared of it, so that no name is needed. */
const that = (is: (provider: NamedProvider) => boolean): NamedProvider => {
  const found = [...registry.values()].find(is);
  if (!found) throw new Error('no provider is declared so');
  return found;
};
const anyDead = that(({ oauth }) => 'dead_grant' in oauth && oauth.dead_grant === 'any_400');
const namedDead = that(({ oauth }) => 'dead_grant' in oauth && oauth.dead_grant === 'invalid_grant');
const repeating = that(({ oauth }) => 'repeats' in oauth);

const NOW = Date.parse('2026-11-21T12:00:00Z');
const CLIENT = { client_id: 'the-client', client_secret: 'client-secret-canary' };
const REFRESH = 'refresh-token-canary';
const GOOD = {
  access_token: 'new-access-canary',
  token_type: 'Bearer',
  expires_in: 600,
  refresh_token: 'new-refresh-canary',
};

let behave: Behave = answerJson(200, GOOD);
let server: FaultyProvider;
let exchange: Exchange;
let tokens: TokenEndpoint;

beforeEach(async () => {
  server = await openFaulty((request, response) => {
    behave(request, response);
  });
  exchange = openExchange(tokenLimits({ ...DEFAULT_LIMITS, answerTimeoutMs: 300, totalTimeoutMs: 600 }), {
    allowPrivate: true,
  });
  const names = [...registry.keys()];
  tokens = openTokenEndpoint({
    settings: {
      clients: new Map(names.map((name) => [name, CLIENT])),
      origins: new Map(names.map((name) => [name, server.url])),
    },
    exchange: () => exchange,
    now: () => NOW,
    user_agent: 'test',
  });
});
afterEach(async () => {
  await Promise.all([server.close(), exchange.close()]);
});

async function refresh(how: Behave, provider = anyDead): Promise<Grant> {
  behave = how;
  return tokens.refresh(provider, REFRESH);
}

async function failure(how: Behave, provider = anyDead): Promise<GrantError> {
  try {
    await refresh(how, provider);
  } catch (error) {
    if (error instanceof GrantError) return error;
    throw error;
  }
  throw new Error('it was granted');
}

const answerText =
  (status: number, type: string, body: string): Behave =>
  (_, response) => {
    response.writeHead(status, { 'content-type': type });
    response.end(body);
  };

describe('what is sent', () => {
  test('a refresh: a form with the client in the body, at the path that is declared', async () => {
    await refresh(answerJson(200, GOOD));
    const [request] = server.received;
    expect(request).toMatchObject({
      method: 'POST',
      url: new URL('token_url' in anyDead.oauth ? anyDead.oauth.token_url : '').pathname,
    });
    expect(request?.headers).toMatchObject({ accept: 'application/json', 'user-agent': 'test' });
    expect(request?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/);
    expect(request?.headers.authorization).toBeUndefined();
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: REFRESH,
      ...CLIENT,
    });
  });

  test('a code: with its redirect URI, the verifier, and what the callback brought', async () => {
    const asked = {
      code: 'the-code',
      redirect_uri: 'https://gateway.example/oauth/callback',
      code_verifier: 'v'.repeat(43),
    };
    await tokens.exchangeCode(repeating, { ...asked, repeated: { context: 'c 1', scope: 'a b' } });
    expect(Object.fromEntries(new URLSearchParams(server.received[0]?.body))).toEqual({
      grant_type: 'authorization_code',
      context: 'c 1',
      scope: 'a b',
      ...asked,
      ...CLIENT,
    });
  });
});

describe('what is granted', () => {
  test('both tokens, and when the access token ends', async () => {
    expect(await refresh(answerJson(200, { ...GOOD, scope: 'a b', created_at: 5 }))).toEqual({
      access_token: GOOD.access_token,
      refresh_token: GOOD.refresh_token,
      scope: 'a b',
      minted_at: NOW,
      expires_at: NOW + 600_000,
    });
  });

  test.each([undefined, null, ''])('%j for a refresh token: the old one stays', async (refresh_token) => {
    expect((await refresh(answerJson(200, { ...GOOD, refresh_token }))).refresh_token).toBe(REFRESH);
  });

  test.each([-5, 0, 0.5, 1e12, '1e3', 'soon', '', null, undefined, [], {}, true])(
    'a lifetime of %j is none: the declared one counts',
    async (expires_in) => {
      const { expires_at } = await refresh(answerJson(200, { ...GOOD, expires_in }));
      expect(expires_at).toBe(NOW + ('access_seconds' in anyDead.oauth ? anyDead.oauth.access_seconds : 0) * 1000);
    },
  );

  test('a lifetime with a fraction ends at a whole millisecond', async () => {
    const { expires_at } = await refresh(answerJson(200, { ...GOOD, expires_in: 600.0005 }));
    expect(expires_at).toBe(NOW + 600_000);
  });

  test('a pair under the wrong media type is not thrown away: the one before it may be revoked', async () => {
    expect(await refresh(answerText(200, 'text/html', JSON.stringify(GOOD)))).toMatchObject({ minted_at: NOW });
  });

  test('what was not asked for is not looked at', async () => {
    const odd = { ...GOOD, id_token: 'not.a.token', scope: 'x'.repeat(5_000), expires_in: '600' };
    expect(await refresh(answerJson(201, odd))).toMatchObject({ expires_at: NOW + 600_000 });
  });
});

describe('what is not', () => {
  test.each([
    ['HTML', answerText(200, 'text/html', '<html>Maintenance</html>')],
    ['nothing', answerText(200, 'application/json', '')],
    ['cut JSON', answerText(200, 'application/json', '{"access_token":"abc')],
    ['a list', answerJson(200, [GOOD])],
    ['an error', answerJson(200, { error: 'temporarily_unavailable' })],
    ['no token', answerJson(200, { ...GOOD, access_token: undefined })],
    ['a token of another type', answerJson(200, { ...GOOD, access_token: 5 })],
    ['a MAC token', answerJson(200, { ...GOOD, token_type: 'mac' })],
    ['a token with a line end', answerJson(200, { ...GOOD, access_token: 'abc\r\nx-evil: 1' })],
    ['a refresh token with a space', answerJson(200, { ...GOOD, refresh_token: 'abc def' })],
    ['an endless token', answerJson(200, { ...GOOD, access_token: 'x'.repeat(9_000) })],
    ['more than is read', answerJson(200, { ...GOOD, more: 'x'.repeat(70_000) })],
    ['500', answerJson(500, { error: 'invalid_grant' })],
    ['503', answerJson(503, GOOD)],
    ['a redirect', answerText(307, 'text/html', '')],
    ['an unlisted refusal', answerJson(403, { error: 'invalid_thing' })],
    ['a broken connection', (request: Parameters<Behave>[0]) => request.socket.destroy()],
    ['no answer', () => undefined],
  ] satisfies [string, Behave][])('%s: it is not known what came of it', async (_, how) => {
    const error = await failure(how);
    expect([error.kind, server.received.length]).toEqual(['unknown', 1]);
    for (const secret of ['canary', REFRESH, 'abc']) expect(tellable(error)).not.toContain(secret);
  });

  test.each([
    [
      400,
      { error: 'invalid_grant', error_description: `The token ${REFRESH} of ${CLIENT.client_secret} is gone` },
      'refused',
    ],
    [401, { error: 'invalid_grant' }, 'refused'],
    [400, {}, 'refused'],
    [400, 'Bad Request', 'refused'],
    [400, { error: 'invalid_client' }, 'misconfigured'],
    [400, { error: 'unauthorized_client' }, 'misconfigured'],
    [400, { error: 'unsupported_grant_type' }, 'misconfigured'],
    [401, 'no', 'misconfigured'],
    [429, 'slow down', 'not_executed'],
  ] as const)('%i %j is %s', async (status, body, kind) => {
    const error = await failure(answerJson(status, body));
    expect([error.kind, error.facts.status]).toEqual([kind, status]);
    expect(tellable(error)).not.toContain('canary');
  });

  test('a 400 that names nothing is no dead grant where only invalid_grant is known to be one', async () => {
    expect((await failure(answerJson(400, {}), namedDead)).kind).toBe('unknown');
    expect((await failure(answerJson(400, { error: 'invalid_grant' }), namedDead)).kind).toBe('refused');
  });

  test('the server says when to come back', async () => {
    const { facts } = await failure(answerJson(429, {}, { 'retry-after': '7' }));
    expect(facts.retry_after_ms).toBe(7_000);
  });

  test('its words are told, capped, without what was sent or granted', async () => {
    const said = { error: 'invalid_grant', error_description: `${REFRESH}\n\u001b[31m${'y'.repeat(5_000)}` };
    const { facts } = await failure(answerJson(400, said));
    expect(facts.error).toBe('invalid_grant');
    expect(facts.error_description).toMatch(/^\*\*\* \[31my+$/);
    expect(facts.error_description).toHaveLength(300);
  });

  test('nobody there: nothing was executed', async () => {
    await server.close();
    const error = await failure(answerJson(200, GOOD));
    server = await openFaulty(answerJson(200, GOOD));
    expect(error.kind).toBe('not_executed');
  });

  test('without the settings nothing is sent, and they are named', async () => {
    const bare = openTokenEndpoint({
      settings: { clients: new Map(), origins: new Map() },
      exchange: () => exchange,
      now: () => NOW,
      user_agent: 'test',
    });
    const error = await bare.refresh(anyDead, REFRESH).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'misconfigured' });
    const name = anyDead.name.toUpperCase();
    expect(String(error)).toContain(`STEPGATE_OAUTH_${name}_CLIENT_ID and STEPGATE_OAUTH_${name}_CLIENT_SECRET`);
    expect(server.received).toEqual([]);
  });
});

/** Whatever of an error can reach a log or a caller. */
function tellable({ message, facts }: GrantError): string {
  return JSON.stringify([message, facts]);
}
