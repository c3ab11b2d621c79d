import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { stepgate } from './support/process.ts';

const folder = mkdtempSync(join(tmpdir(), 'stepgate-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('the help says where settings come from', async () => {
  const { code, stdout } = await stepgate(['serve', '--help']).finished;
  expect([code, stdout]).toEqual([0, expect.stringMatching(/PORT.*environment.*README\.md\.\n$/)]);
});

describe('stepgate dev', () => {
  test('creates a first step in every provider, prints it, serves what it says, and stops', async () => {
    const dev = stepgate(['dev'], { PORT: '0', STEPGATE_API_KEY: 'chosen-key' });
    await dev.printed(/Ctrl-C/);
    const [, url = ''] = await dev.printed(/Gateway {3}(\S+)/);
    const state = (await (await fetch(`${url}/dev`)).json()) as DevState;
    expect(state).toMatchObject({ api_key: 'chosen-key', customer_id: 'my-customer-1' });
    const creators = await creatingProviders(url);
    for (const [name, { base_url, sequences }] of Object.entries(state.providers)) {
      expect(new URL(base_url).hostname).toBe('127.0.0.1');
      if (creators.includes(name)) expect(sequences.some(({ num_steps }) => num_steps === 0)).toBe(true);
      expect(sequences.some(({ num_steps }) => num_steps > 0)).toBe(true);
    }
    expect(Object.keys(state.providers).length).toBeGreaterThanOrEqual(3);

    const [, copied = ''] = await dev.printed(/(curl -s [\s\S]*?)\n\n/);
    const answer = await fetch(...fromCurl(copied));
    expect(answer.status, await answer.clone().text()).toBe(201);
    expect((await fetch(`${url}/dev/reset`, { method: 'POST' })).status).toBe(200);
    expect((await fetch(...fromCurl(copied))).status, 'the sandboxes are back').toBe(201);

    const { code, stdout, stderr } = await dev.stop('SIGTERM');
    expect([code, stderr]).toEqual([0, '']);
    for (const name of creators) expect(stdout).toMatch(new RegExp(`^ {2}${name} +\\w+ +(GET|POST) /`, 'm'));
    expect(stdout).toContain('FIELD_NOT_SUPPORTED /record/name');
  });

  test('takes no real credentials, and no foreign host', async () => {
    const dev = stepgate(['dev'], { PORT: '0', STEPGATE_API_KEY: 'chosen-key' });
    await dev.printed(/Ctrl-C/);
    const [, url = ''] = await dev.printed(/Gateway {3}(\S+)/);
    const answer = await fetch(`${url}/customers/me/connections/apollo`, {
      method: 'PUT',
      headers: { 'x-api-key': 'chosen-key', 'content-type': 'application/json' },
      body: JSON.stringify({ credentials: { type: 'api_key', api_key: 'a-real-looking-key' } }),
    });
    expect(answer.status).toBe(422);
    expect(await answer.text()).toMatch(/is not the sandbox's own.*GET \/dev lists.*providers.apollo.credentials/);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect(await statusWith(url, { host: 'evil.example' })).toBe(403);
    expect(await statusWith(url, { origin: 'https://evil.example' })).toBe(403);
    expect(await statusWith(url, { host: 'localhost' })).toBe(200);
    await dev.stop('SIGINT');
  });

  test('does not take the key of production, and says so', async () => {
    const production = 'sg_of_production_0123456789';
    const keys = { STEPGATE_API_KEY: production, STEPGATE_ENCRYPTION_KEYS: `k1:${'A'.repeat(43)}` };
    const dev = stepgate(['dev'], { PORT: '0', ...keys });
    await dev.printed(/STEPGATE_API_KEY is not used: STEPGATE_ENCRYPTION_KEYS is set too/);
    await dev.printed(/Ctrl-C/);
    const [, url = ''] = await dev.printed(/Gateway {3}(\S+)/);
    expect(await (await fetch(`${url}/dev`)).text()).toMatch(/"api_key":"sg_dev_/);
    expect((await fetch(`${url}/providers`, { headers: { 'x-api-key': production } })).status).toBe(401);
    const { stdout, stderr } = await dev.stop('SIGTERM');
    expect(stdout + stderr).not.toContain(production);
  });

  test.each([
    [{ NODE_ENV: 'production' }, /stepgate serve/],
    [{ STEPGATE_RETURN_URLS: 'http://app.example/x' }, /STEPGATE_RETURN_URLS.*must be an https URL/],
    [{ HOST: '0.0.0.0' }, /loopback only.*stepgate serve/],
    [{ PORT: 'eighty' }, /PORT must be a number/],
    [{ STEPGATE_LOG_LEVEL: 'loud' }, /STEPGATE_LOG_LEVEL must be one of/],
  ])('refuses %o in one line', async (env, says) => {
    const { code, stdout, stderr } = await stepgate(['dev'], env).finished;
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(says);
  });
});

describe('stepgate serve', () => {
  test.each([
    [{}, /STEPGATE_ENCRYPTION_KEYS and STEPGATE_API_KEY.*For a new gateway.*npm run -s stepgate -- keys new/],
    [{ STEPGATE_API_KEY: 'x'.repeat(30) }, /without STEPGATE_ENCRYPTION_KEYS/],
    [{ STEPGATE_API_KEY: 'x'.repeat(30), STEPGATE_ENCRYPTION_KEYS: 'k1:c2hvcnQ' }, /key k1 is not 32 bytes/],
    [
      { STEPGATE_API_KEY: 'x'.repeat(30), STEPGATE_ENCRYPTION_KEYS: `k1:${'A'.repeat(43)}:junk` },
      /key k1 is not 32 bytes/,
    ],
    [
      { STEPGATE_API_KEY: 'x'.repeat(30), STEPGATE_ENCRYPTION_KEYS: `k1:${'A'.repeat(10)}!!!!${'A'.repeat(33)}` },
      /key k1 is not 32 bytes/,
    ],
    [{ STEPGATE_API_KEY: 'x'.repeat(30), STEPGATE_ENCRYPTION_KEYS: `k1:${'A'.repeat(42)}B` }, /key k1 is not 32 bytes/],
    [{ STEPGATE_API_KEY: 'short', STEPGATE_ENCRYPTION_KEYS: 'k1:x' }, /at least 24 characters/],
    [
      {
        STEPGATE_API_KEY: 'x'.repeat(30),
        STEPGATE_ENCRYPTION_KEYS: `k1:${'A'.repeat(43)}`,
        STEPGATE_BASE_URL_NOBODY: 'https://x.example',
      },
      /names no provider/,
    ],
    [
      {
        STEPGATE_API_KEY: 'x'.repeat(30),
        STEPGATE_ENCRYPTION_KEYS: `k1:${'A'.repeat(43)}`,
        STEPGATE_BASE_URL_APOLLO: 'http://x.example',
      },
      /https URL/,
    ],
    [
      {
        STEPGATE_API_KEY: 'x'.repeat(30),
        STEPGATE_ENCRYPTION_KEYS: `k1:${'A'.repeat(43)}`,
        STEPGATE_BASE_URL_OUTREACH: 'https://[::ffff:169.254.169.254]/api',
      },
      /STEPGATE_BASE_URL_OUTREACH is a private address.*STEPGATE_ALLOW_PRIVATE_UPSTREAMS=true/,
    ],
    [
      {
        STEPGATE_API_KEY: 'x'.repeat(30),
        STEPGATE_ENCRYPTION_KEYS: `k1:${'A'.repeat(43)}`,
        STEPGATE_SETTLE_GRACE_SECONDS: '0',
      },
      /STEPGATE_SETTLE_GRACE_SECONDS must be a whole number from 1/,
    ],
    [
      {
        STEPGATE_API_KEY: 'x'.repeat(30),
        STEPGATE_ENCRYPTION_KEYS: `k1:${'A'.repeat(43)}`,
        STEPGATE_AUDIT_DAYS: 'for ever',
      },
      /STEPGATE_AUDIT_DAYS must be a whole number from 1/,
    ],
    [
      {
        STEPGATE_API_KEY: 'x'.repeat(30),
        STEPGATE_ENCRYPTION_KEYS: `k1:${'A'.repeat(43)}`,
        STEPGATE_MAX_IN_FLIGHT: '0',
      },
      /STEPGATE_MAX_IN_FLIGHT must be a whole number from 1/,
    ],
  ])('refuses %o in one line', async (env, says) => {
    const { code, stderr } = await stepgate(['serve'], env).finished;
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(says);
  });

  test.each([
    [{ DATABASE_URL: 'mysql://a:hunter2@db/x' }, /DATABASE_URL must be like postgres:/],
    [{ DATABASE_URL: 'postgres://a:hunter2@one:1,two:2/x' }, /DATABASE_URL must be like postgres:/],
    [{ DATABASE_URL: 'postgres://a:hunter2@db/x', STEPGATE_DATABASE: 'x.db' }, /DATABASE_URL .* or STEPGATE_DATABASE/],
    [{ DATABASE_URL: 'postgres://a:hunter2@db/x?sslmode=maybe' }, /sslmode of DATABASE_URL must be one of disable/],
    [{ DATABASE_URL: 'postgres://a:hunter2@db/x?sslrootcert=/none' }, /DATABASE_URL: .*no such file/],
    [{ STEPGATE_DATABASE: 'postgres://a:hunter2@db/x' }, /STEPGATE_DATABASE names a SQLite file/],
    [{ STEPGATE_DATABASE: '/none/x.db' }, /STEPGATE_DATABASE: \/none\/x.db cannot be opened/],
    [{ STEPGATE_SHARED_DATABASE: 'yes' }, /STEPGATE_SHARED_DATABASE must be true or false/],
  ])('refuses a database like %o in one line, without its password', async (env, says) => {
    const valid = { STEPGATE_API_KEY: 'x'.repeat(30), STEPGATE_ENCRYPTION_KEYS: `k1:${'A'.repeat(43)}`, PORT: '0' };
    const { code, stderr } = await stepgate(['serve'], { ...valid, ...env }).finished;
    expect(code, stderr).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain('hunter2');
  });

  const NEEDED = { STEPGATE_API_KEY: 'x'.repeat(30), STEPGATE_ENCRYPTION_KEYS: `k1:${'A'.repeat(43)}` };

  test.each([
    [{ STEPGATE_OAUTH_NOBODY_CLIENT_ID: 'x' }, /STEPGATE_OAUTH_NOBODY_CLIENT_ID is no setting of a provider/],
    [{ STEPGATE_OAUTH_APOLLO_CLIENT_ID: 'x' }, /STEPGATE_OAUTH_APOLLO_CLIENT_SECRET is missing: .* set together/],
    [{ STEPGATE_OAUTH_APOLLO_CLIENT_SECRET: 'canary' }, /STEPGATE_OAUTH_APOLLO_CLIENT_ID is missing: .* set together/],
    [
      { STEPGATE_OAUTH_APOLLO_CLIENT_ID: 'x', STEPGATE_OAUTH_APOLLO_CLIENT_SECRET: 'a canary' },
      /STEPGATE_OAUTH_APOLLO_CLIENT_SECRET must be 1 to 512 printable characters without spaces/,
    ],
    [{ STEPGATE_OAUTH_BASE_URL_APOLLO: 'http://x.example' }, /STEPGATE_OAUTH_BASE_URL_APOLLO must be an https URL/],
    [{ STEPGATE_OAUTH_BASE_URL_NOBODY: 'https://x.example' }, /names no provider/],
    [{ STEPGATE_ALOW_PRIVATE: 'canary' }, /STEPGATE_ALOW_PRIVATE is no setting.*STEPGATE_ALLOW_PRIVATE_UPSTREAMS/],
  ])('refuses %o in one line, without the secret', async (env, says) => {
    const { code, stderr } = await stepgate(['serve'], { ...NEEDED, ...env }).finished;
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain('canary');
  });

  test('serves with the settings that "keys new" prints, and keeps connections over a restart', async () => {
    const made = await stepgate(['keys', 'new']).finished;
    const settings = Object.fromEntries(
      made.stdout
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
    );
    const env = { ...settings, PORT: '0', STEPGATE_DATABASE: join(folder, 'stepgate.db') };
    const headers = { 'x-api-key': settings['STEPGATE_API_KEY'] ?? '', 'content-type': 'application/json' };
    const path = '/customers/me/connections/outreach';

    const first = stepgate(['serve'], env);
    const [, url = ''] = await first.printed(/"url":"([^"]+)"/);
    const body = JSON.stringify({ credentials: { type: 'access_token', access_token: 'a-real-looking-token' } });
    expect((await fetch(url + path, { method: 'PUT', headers, body })).status).toBe(201);
    expect((await fetch(`${url}/dev`, { headers })).status).toBe(404);
    expect((await first.stop('SIGTERM')).code).toBe(0);

    const second = stepgate(['serve'], env);
    const [, again = ''] = await second.printed(/"url":"([^"]+)"/);
    expect((await fetch(again + path, { headers })).status).toBe(200);
    const files = readdirSync(folder).filter((name) => name.startsWith('stepgate.db'));
    expect(files).toEqual(expect.arrayContaining(['stepgate.db', 'stepgate.db-wal', 'stepgate.db-shm']));
    for (const name of files) expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o600]);
    const { stderr } = await second.stop('SIGTERM');
    expect(stderr, 'nobody was there when it started').not.toContain('another gateway');
    expect(stderr).toMatch(/"msg":"stopping"[\s\S]*"msg":"stopped"/);
    expect(stderr).not.toContain('a-real-looking-token');
    for (const secret of Object.values(settings)) expect(stderr).not.toContain(secret);
  });

  test('says that another gateway works on its file, as long as that one lives', async () => {
    const env = { ...NEEDED, PORT: '0', STEPGATE_DATABASE: join(folder, 'beside.db') };
    const first = stepgate(['serve'], env);
    await first.printed(/"msg":"listening"/);
    const beside = stepgate(['serve'], env);
    await beside.printed(/another gateway works on this SQLite file.*STEPGATE_SHARED_DATABASE=true/);
    await Promise.all([first.stop('SIGKILL'), beside.stop('SIGKILL')]);
    const again = stepgate(['serve'], env);
    await again.printed(/"msg":"listening"/);
    expect((await again.stop('SIGTERM')).stderr).not.toContain('another gateway');
  });

  test('says in one line that a port is taken', async () => {
    const dev = stepgate(['dev'], { PORT: '0' });
    await dev.printed(/Ctrl-C/);
    const [, port = ''] = await dev.printed(/Gateway {3}http:\/\/[^:]+:(\d+)/);
    const { code, stderr } = await stepgate(['dev'], { PORT: port }).finished;
    expect([code, stderr]).toEqual([
      1,
      `stepgate: Cannot listen on 127.0.0.1:${port} (EADDRINUSE). Choose another port with PORT.\n`,
    ]);
    await dev.stop('SIGTERM');
  });

  test('says in one line that a host is not here', async () => {
    const { code, stderr } = await stepgate(['dev'], { PORT: '0', HOST: '127.0.0.300' }).finished;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^stepgate: Cannot listen on 127\.0\.0\.300:0 \(E\w+\)\. HOST must be an address of this machine\.\n$/,
    );
  });
});

describe('stepgate keys rotate', () => {
  const [k1, k2] = [1, 2].map((at) => `k${String(at)}:${Buffer.alloc(32, at).toString('base64url')}`) as [
    string,
    string,
  ];
  const base = { PORT: '0', STEPGATE_API_KEY: 'x'.repeat(30) };
  const headers = { 'x-api-key': base.STEPGATE_API_KEY, 'content-type': 'application/json' };

  test('seals again while a gateway serves, keeps a key that is in use, and says what to do', async () => {
    const STEPGATE_DATABASE = join(folder, 'rotated.db');
    const rotate = (ring: string, ...words: string[]) =>
      stepgate(['keys', 'rotate', ...words], { STEPGATE_DATABASE, STEPGATE_ENCRYPTION_KEYS: ring }).finished;
    const serving = stepgate(['serve'], { ...base, STEPGATE_DATABASE, STEPGATE_ENCRYPTION_KEYS: `${k1},${k2}` });
    const [, url = ''] = await serving.printed(/"url":"([^"]+)"/);
    const path = '/customers/me/connections/outreach';
    const body = JSON.stringify({ credentials: { type: 'access_token', access_token: 'a-real-looking-token' } });
    expect((await fetch(url + path, { method: 'PUT', headers, body })).status).toBe(201);

    const rotated = await rotate(`${k2},${k1}`);
    expect(rotated.stdout).toMatch(
      /^Database: .*\/rotated\.db\nSealed again with k2: 1 values\.\nk1 stays: a gateway still seals with k1.*k2 the first key/,
    );
    expect([rotated.code, rotated.stderr.trim().split('\n').length]).toEqual([2, 1]);
    expect(rotated.stderr).toMatch(/^k1 is the first key of a gateway, .* here it is k2\. If k1 is the newer one/);
    expect((await fetch(url + path, { headers })).status).toBe(200);
    expect((await serving.stop('SIGTERM')).code).toBe(0);

    const serve = (ring: string) =>
      stepgate(['serve'], { ...base, STEPGATE_DATABASE, STEPGATE_ENCRYPTION_KEYS: ring }).finished;
    for (const [ring, says] of [
      [k1, /STEPGATE_ENCRYPTION_KEYS: the key k2 is missing.*1 stored value is sealed with it/],
      [`k2:${k1.slice(3)},${k1}`, /the key k2 is not the one that this database was sealed with/],
      [`${k2.slice(0, 20)},${k1}`, /encryption key k2 is not 32 bytes/],
    ] as const) {
      const { code, stderr } = await serve(ring);
      expect(code).toBe(1);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(stderr).toMatch(says);
      for (const key of [k1, k2]) expect(stderr).not.toContain(key.slice(3, 20));
    }
  });

  test.each([
    ['no file', 'none.db', /There is no database at \/.*none\.db; STEPGATE_DATABASE names it, relative to where/],
    ['an empty file', 'empty.db', /No gateway has worked on \/.*empty\.db yet/],
  ])('refuses %s, in one line', async (_what, name, says) => {
    const file = join(folder, name);
    if (name === 'empty.db') writeFileSync(file, '');
    const env = { STEPGATE_DATABASE: file, STEPGATE_ENCRYPTION_KEYS: k1 };
    const { code, stdout, stderr } = await stepgate(['keys', 'rotate'], env).finished;
    expect([code, stdout, stderr.trim().split('\n').length]).toEqual([1, `Database: ${file}\n`, 1]);
    expect(stderr).toMatch(says);
    expect(existsSync(file)).toBe(name === 'empty.db');
  });

  test('refuses to begin without keys, in one line', async () => {
    const { code, stderr } = await stepgate(['keys', 'rotate']).finished;
    expect([code, stderr.trim().split('\n').length]).toEqual([1, 1]);
    expect(stderr).toContain('STEPGATE_ENCRYPTION_KEYS, the new key first');
  });
});

test('a Node that is too old is told in one line', async () => {
  const old = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"20.20.2"})';
  const { code, stderr } = await stepgate(['dev'], {}, ['--import', old]).finished;
  expect(code).toBe(1);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toContain('stepgate needs Node 22.19 or newer');
});

async function creatingProviders(url: string): Promise<readonly string[]> {
  const answer = await fetch(`${url}/providers`, { headers: { 'x-api-key': 'chosen-key' } });
  const { records } = (await answer.json()) as {
    records: { name: string; operations: Record<string, { support: string }> }[];
  };
  return records.filter(({ operations }) => operations['create_steps']?.support === 'native').map(({ name }) => name);
}

/** `fetch` sets Host itself. */
function statusWith(url: string, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(`${url}/dev`, { headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on('error', reject);
  });
}

interface DevState {
  readonly api_key: string;
  readonly customer_id: string;
  readonly providers: Readonly<
    Record<
      string,
      { readonly base_url: string; readonly sequences: readonly { readonly id: string; readonly num_steps: number }[] }
    >
  >;
}

/** The request that a shell would make of the printed command. */
function fromCurl(command: string): [string, RequestInit] {
  const [, url = ''] = /curl -s (\S+)/.exec(command) ?? [];
  const [, body = ''] = /-d '([^']*)'/.exec(command) ?? [];
  const headers = [...command.matchAll(/-H '([^:]+): ([^']*)'/g)].map(([, name = '', value = '']): [string, string] => [
    name,
    value,
  ]);
  return [url, { method: 'POST', headers, body }];
}
