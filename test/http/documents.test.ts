/** Health, and the documents: who may read them, and that the page loads nothing from elsewhere. */
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openHouse, type House } from '../support/house.ts';
import { connectionPath, createStep, errorsOf, listSequences, putConnection, sequenceOf, tenant } from './support.ts';

const NO_KEY = { headers: { 'x-api-key': '' } };
const DOCUMENTS = [
  '/',
  '/docs',
  '/openapi.json',
  '/openapi.yaml',
  '/docs/initializer.js',
  '/docs/swagger-ui.css',
  '/docs/swagger-ui-bundle.js',
];

type PathItem = Record<string, { readonly requestBody?: { content: { 'application/json': { example: unknown } } } }>;

let closed: House;
let open: House;

beforeAll(async () => {
  closed = await openHouse();
  open = await openHouse({ openDocuments: true });
});
afterAll(async () => {
  await open.close();
  await closed.close();
});

describe('health', () => {
  test.each(['/healthz', '/readyz'])('%s is open', async (path) => {
    const answer = await closed.ask(path, NO_KEY);
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({ status: 'ok' });
  });

  test('without its store the gateway lives, is not ready, and says 503 to what needs the store', async () => {
    const house = await openHouse();
    await house.connect('outreach');
    await house.close();
    expect((await house.ask('/healthz', NO_KEY)).status).toBe(200);
    const answers = {
      ready: await house.ask('/readyz', NO_KEY),
      get: await house.ask(connectionPath('outreach')),
      put: await putConnection(house, 'outreach', 'access_token', 'a-long-token'),
      delete: await house.ask(connectionPath('outreach'), { method: 'DELETE' }),
      list: await listSequences(house, 'outreach', 'somebody-else'),
      create: await createStep(house, { type: 'call' }, { headers: tenant('outreach', 'somebody-else') }),
    };
    const away = { code: 'STORE_UNAVAILABLE', status: '503', meta: { origin: 'gateway', retriable: true } };
    const said = Object.entries(answers).map(([name, answer]) => [name, answer.status, errorsOf(answer)]);
    expect(said).toMatchObject(Object.keys(answers).map((name) => [name, 503, [away]]));
    for (const [name, { headers, text }] of Object.entries(answers)) {
      expect(headers.get('retry-after'), name).toBe('1');
      expect(text, name).toContain('Send the request again in a moment');
    }
    expect(house.sandbox('outreach').calls()).toEqual([]);
  });
});

describe('who may read the documents', () => {
  test.each(DOCUMENTS)('%s asks for a key, unless it is said that it need not', async (path) => {
    expect((await closed.ask(path, NO_KEY)).status).toBe(401);
    const withKey = await closed.ask(path);
    expect([200, 302]).toContain(withKey.status);
    const without = await open.ask(path, NO_KEY);
    expect(without.status).toBe(withKey.status);
    expect(without.text).toBe(withKey.text);
  });

  test.each([
    '/providers',
    '/sequences',
    '/docsx',
    '/openapi.jsonx',
    '/openapi',
    '/docs.html',
    '/xdocs',
    '/customers/docs/connections/outreach',
    '/dev',
  ])('%s asks for a key all the same', async (path) => {
    expect((await open.ask(path, NO_KEY)).status).toBe(401);
  });
});

describe('the document', () => {
  test('is OpenAPI 3.1 as JSON, and the same as YAML', async () => {
    const json = await open.ask('/openapi.json', NO_KEY);
    const yaml = await open.ask('/openapi.yaml', NO_KEY);
    expect(json.headers.get('content-type')).toContain('application/json');
    expect(yaml.headers.get('content-type')).toContain('yaml');
    expect(json.json).toMatchObject({ openapi: '3.1.0', info: { title: 'Stepgate' } });
    expect(parse(yaml.text)).toEqual(json.json);
    expect((await open.ask('/openapi.json', NO_KEY)).text).toBe(json.text);
  });

  test('every path in it is served', async () => {
    const { paths } = (await open.ask('/openapi.json', NO_KEY)).json as { paths: Readonly<Record<string, object>> };
    expect(Object.keys(paths)).toContain('/sequences/{sequence_id}/sequence_steps');
    for (const [path, item] of Object.entries(paths)) {
      for (const method of Object.keys(item)) {
        const answer = await open.ask(path.replaceAll(/\{\w+\}/g, 'nothing'), { method: method.toUpperCase() });
        expect(
          errorsOf(answer).map(({ code }) => code),
          `${method} ${path}`,
        ).not.toContain('ROUTE_NOT_FOUND');
      }
    }
  });

  test('the bodies that it shows for writes can be sent as they are', async () => {
    const { paths } = (await open.ask('/openapi.json', NO_KEY)).json as { paths: Record<string, PathItem> };
    await open.connect('outreach');
    const sequence = sequenceOf(open.sandbox('outreach'), 'with_steps');
    const [step] = open.sandbox('outreach').steps(sequence);
    const tried: string[] = [];
    for (const [path, item] of Object.entries(paths).filter(([each]) => each.startsWith('/sequences'))) {
      for (const [method, { requestBody }] of Object.entries(item)) {
        if (!requestBody) continue;
        const at = path.replace('{sequence_id}', sequence).replace('{sequence_step_id}', step?.id ?? '');
        const body = requestBody.content['application/json'].example;
        const asked = { method: method.toUpperCase(), headers: tenant('outreach'), body };
        const answer = await open.ask(`${at}?dry_run=true`, asked);
        expect(answer.json, `${method} ${path}`).toMatchObject({
          requests: expect.arrayContaining([expect.anything()]),
          warnings: [],
        });
        tried.push(`${method} ${path}`);
      }
    }
    expect(tried).toHaveLength(5);
  });

  test('says what an error holds in both of its forms', async () => {
    const { components } = (await open.ask('/openapi.json', NO_KEY)).json as {
      components: { schemas: Record<string, { properties: Record<string, object> }> };
    };
    const list = { type: 'array', items: { $ref: '#/components/schemas/ErrorObject' } };
    for (const name of ['Errors', 'ProblemDetails'])
      expect(components.schemas[name]?.properties['errors'], name).toEqual(list);
    expect(components.schemas['ErrorObject']?.properties).toHaveProperty('code');
  });
});

describe('the page', () => {
  test('/ leads to it', async () => {
    const answer = await open.ask('/', NO_KEY);
    expect(answer.status).toBe(302);
    expect(answer.headers.get('location')).toBe('/docs');
  });

  test('references nothing elsewhere, and everything that it references is served with its type', async () => {
    const page = await open.ask('/docs', NO_KEY);
    expect(page.headers.get('content-type')).toContain('text/html');
    const references = [...page.text.matchAll(/\b(?:src|href|action|srcset|data)\s*=\s*["']?([^"'\s>]+)/gi)].map(
      ([, url = '']) => url,
    );
    const assets = references.filter((url) => !url.startsWith('data:'));
    expect(assets.length).toBeGreaterThanOrEqual(3);
    const types = { css: 'text/css', js: 'text/javascript' } as const;
    for (const url of assets) {
      expect(url).toMatch(/^\/[^/]/);
      const answer = await open.ask(url, NO_KEY);
      expect(answer.status, url).toBe(200);
      expect(answer.text.length, url).toBeGreaterThan(20);
      expect(answer.headers.get('content-type'), url).toContain(types[url.endsWith('.css') ? 'css' : 'js']);
    }
    const initializer = await open.ask('/docs/initializer.js', NO_KEY);
    for (const text of [page.text, initializer.text]) expect(text).not.toMatch(/https?:|["'(]\/\//);
    expect(initializer.text).toContain("'/openapi.json'");
  });

  test('its style sheet loads nothing but what it carries', async () => {
    const { text } = await open.ask('/docs/swagger-ui.css', NO_KEY);
    const urls = [...text.matchAll(/url\(\s*["']?([^"')]+)/g)].map(([, url = '']) => url);
    expect(urls.filter((url) => !url.startsWith('data:'))).toEqual([]);
    expect(text).not.toContain('@import');
  });

  test('has a policy that lets nothing else in', async () => {
    const page = await open.ask('/docs', NO_KEY);
    const policy = page.headers.get('content-security-policy') ?? '';
    const directives = new Map(
      policy.split(';').map((each): [string, string[]] => {
        const [name = '', ...sources] = each.trim().split(/\s+/);
        return [name, sources];
      }),
    );
    expect(directives.get('default-src')).toEqual(["'none'"]);
    expect(directives.get('script-src')).toEqual(["'self'"]);
    expect(directives.get('connect-src')).toEqual(["'self'"]);
    expect(directives.get('frame-ancestors')).toEqual(["'none'"]);
    expect(directives.get('base-uri')).toEqual(["'none'"]);
    const allowed = [...directives.values()].flat();
    expect(allowed.filter((source) => !["'none'", "'self'", "'unsafe-inline'", 'data:'].includes(source))).toEqual([]);
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    // Inline scripts and handlers would not run under it.
    expect(page.text).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>/i);
    expect(page.text).not.toMatch(/\son\w+\s*=/i);
  });

  test('sends no CORS headers', async () => {
    for (const path of ['/docs', '/openapi.json', '/providers']) {
      const answer = await open.ask(path, { headers: { origin: 'https://elsewhere.example' } });
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  });
});
