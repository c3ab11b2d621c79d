/** What each provider is known to say; the sources are beside each sandbox's refusals. */
import { describe, expect, test } from 'vitest';
import { loadSandboxModules } from '../../src/dev/sandboxes.ts';
import { nativeCall, type Provider } from './calls.ts';

const modules = await loadSandboxModules();

interface Said {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const apolloLimit = (limit: number, window: string) => ({
  message: `The maximum number of api calls allowed for api/v1/emailer_steps is ${limit} times per ${window}. Please upgrade your plan from https://app.apollo.io/#/settings/plans/upgrade.`,
});
const apolloKey = 'Invalid API key. See https://docs.apollo.io/reference/authentication for how to authenticate.';
const outreachToken = { error: 'Invalid JWT token.', description: 'The JWT token could not be decoded.' };
const outreachLimit = {
  errors: [
    {
      id: 'rateLimitExceeded',
      title: 'Rate Limit Exceeded',
      detail: 'You have exceeded your permitted rate limit of 10,000; please try again at 2026-11-21T13:00:00.',
    },
  ],
};
const hourEnds = '2026-11-21T13:00:00.000Z';
const sellError = (code: string, message: string, details: string) => ({
  errors: [{ error: { code, message, details } }],
  meta: { type: 'errors' },
});
const sellToken = sellError(
  ...(['unauthorized', 'Unauthorized', 'Required access token is missing, malformed, expired, or invalid.'] as const),
);
const sellLimit = sellError(
  'rate_limit_exceeded',
  'Too Many Requests',
  'Rate limit of 36000 requests per hour exceeded.',
);
const sellPath = "Requested path at '/429.json' was not found using the HTTP method 'GET'.";
const noCredits =
  'Not enough credits remaining to complete this request. Please upgrade your plan or purchase a bundle.';

const WORDS: Readonly<Record<Provider, Readonly<Record<string, Said>>>> = {
  apollo: {
    rate_limited: {
      status: 429,
      headers: { 'retry-after': '60', 'x-rate-limit-minute': '200', 'x-minute-requests-left': '0' },
      body: apolloLimit(200, 'minute'),
    },
    rate_limited_hour: {
      status: 429,
      headers: { 'retry-after': '3600', 'x-rate-limit-hourly': '600', 'x-hourly-requests-left': '0' },
      body: apolloLimit(600, 'hour'),
    },
    rate_limited_day: {
      status: 429,
      headers: { 'retry-after': '86400', 'x-rate-limit-24-hour': '6000', 'x-24-hour-requests-left': '0' },
      body: apolloLimit(6000, 'day'),
    },
    concurrent_write: { status: 429, body: { error: 'We are already processing the request for your sequence' } },
    paying_teams: { status: 429, body: 'This endpoint is only available to paying teams' },
    server_error: { status: 500, body: { error: 'Internal Server Error' } },
    expired_token: { status: 401, headers: { 'content-type': 'text/plain' }, body: apolloKey },
    revoked_token: { status: 401, headers: { 'content-type': 'text/plain' }, body: apolloKey },
  },
  outreach: {
    rate_limited: { status: 429, headers: { 'retry-after': '3600', 'x-ratelimit-reset': '3600' }, body: outreachLimit },
    rate_limited_seconds: { status: 429, headers: { 'retry-after': '3600' }, body: outreachLimit },
    rate_limited_timestamp: {
      status: 429,
      headers: { 'retry-after': hourEnds, 'x-ratelimit-reset': hourEnds },
      body: outreachLimit,
    },
    maintenance: {
      status: 503,
      headers: { 'retry-after': '2026-11-21T12:10:00.000Z' },
      body: { errors: [{ id: 'scheduledServerMaintenance' }] },
    },
    server_error: { status: 500, body: 'Internal Server Error' },
    expired_token: { status: 401, body: outreachToken },
    revoked_token: { status: 401, body: outreachToken },
  },
  salesloft: {
    rate_limited: {
      status: 429,
      headers: { 'x-ratelimit-endpoint-cost': '1', 'x-ratelimit-remaining-minute': '0' },
      body: { error: 'Too Many Requests' },
    },
    server_error: { status: 500, body: { error: 'Unexpected server error occurred. Please try again.' } },
    expired_token: { status: 401, body: { error: 'Invalid Bearer token' } },
    revoked_token: { status: 401, body: { error: 'Invalid Bearer token' } },
  },
  upscale: {
    credits_exhausted: { status: 402, body: { error: noCredits } },
    server_error: { status: 500, body: { error: 'Internal Server Error' } },
    expired_token: { status: 401, body: { error: 'Unauthorized: Invalid API key' } },
    revoked_token: { status: 401, body: { error: 'Unauthorized: API key has been revoked' } },
  },
  zendesk_sell: {
    rate_limited: { status: 429, body: sellLimit },
    rate_limited_429: { status: 429, body: sellLimit },
    rate_limited_404: { status: 404, body: sellError('incorrect_path', 'Not Found', sellPath) },
    server_error: {
      status: 500,
      body: sellError('server_error', 'Internal Server Error', 'An internal error occurred.'),
    },
    expired_token: { status: 401, body: sellToken },
    revoked_token: { status: 401, body: sellToken },
  },
};

describe.each(Object.entries(WORDS) as [Provider, (typeof WORDS)[Provider]][])('%s', (name, words) => {
  const open = () => {
    const module = modules.get(name);
    if (!module) throw new Error(`There is no sandbox ${name}.`);
    return module.create({ now: () => Date.parse('2026-11-21T12:00:00Z') });
  };

  test('has these refusals and no others', () => {
    expect(open().refusals).toEqual(Object.keys(words));
  });

  test.each(Object.entries(words))('%s', async (refusal, { status, headers = {}, body }) => {
    const sandbox = open();
    sandbox.addFault({ fault: { kind: 'refusal', at: 'before_commit', name: refusal } });
    const { path, body: sent, ...init } = nativeCall(name, sandbox);
    const url = new URL(path, sandbox.origin);
    const answer = await sandbox.app.fetch(new Request(url, sent === undefined ? init : { ...init, body: sent }));
    const text = await answer.text();
    expect(answer.status).toBe(status);
    expect(Object.fromEntries(answer.headers)).toMatchObject(headers);
    if (!('retry-after' in headers)) expect(answer.headers.get('retry-after')).toBeNull();
    if (typeof body === 'string') expect(text).toBe(body);
    else expect(JSON.parse(text)).toMatchObject(body as object);
  });
});

test('apollo tells a dead OAuth token from a dead key', async () => {
  const sandbox = modules.get('apollo')?.create();
  sandbox?.addFault({ fault: { kind: 'refusal', at: 'before_commit', name: 'expired_token' } });
  const headers = { authorization: `Bearer ${sandbox?.credentials.access_token ?? ''}` };
  const answer = await sandbox?.app.request('/api/v1/emailer_campaigns/search', { method: 'POST', headers });
  expect(await answer?.json()).toMatchObject({ error_code: 'INVALID_ACCESS_TOKEN' });
});
