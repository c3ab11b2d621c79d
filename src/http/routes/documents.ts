/** The API document, and a page to read it with that loads nothing from elsewhere. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { html } from 'hono/html';
import type { Hono } from 'hono';
import type { Answering, Handler } from '../answering.ts';
import type { Env } from '../env.ts';

const ASSETS: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
};

const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const INITIALIZER = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null });\n`;

/** Mounts `/openapi.json`, `/openapi.yaml` and `/docs`. The document is made, and what it needs is loaded, when it is first asked for. */
export function mountDocuments(app: Hono<Env>, answer: Answering, document: () => Promise<object>): void {
  const get = (path: string, handler: Handler): unknown => app.get(path, answer(handler));
  let made: Promise<object> | undefined;
  const once = (): Promise<object> =>
    (made ??= document().catch((error: unknown) => {
      made = undefined;
      throw error;
    }));

  get('/openapi.json', async (c) => c.json(await once()));
  get('/openapi.yaml', async (c) => {
    const { toYaml } = await import('../yaml.ts');
    return c.body(toYaml(await once()), 200, { 'content-type': 'application/yaml; charset=utf-8' });
  });
  get('/', (c) => c.redirect('/docs'));
  get('/docs', (c) => {
    c.header('content-security-policy', CONTENT_SECURITY_POLICY);
    c.header('x-content-type-options', 'nosniff');
    return c.html(PAGE);
  });
  get('/docs/initializer.js', (c) => c.body(INITIALIZER, 200, { 'content-type': 'text/javascript; charset=utf-8' }));
  for (const [file, type] of Object.entries(ASSETS)) {
    get(`/docs/${file}`, async (c) => c.body(await readAsset(file), 200, { 'content-type': type }));
  }
}

async function readAsset(file: string): Promise<Buffer<ArrayBuffer>> {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  return readFile(join(folder, file));
}

const PAGE = html`<!doctype html>
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>Stepgate API</title>
      <link rel="icon" href="data:," />
      <link rel="stylesheet" href="/docs/swagger-ui.css" />
    </head>
    <body>
      <div id="docs"></div>
      <script src="/docs/swagger-ui-bundle.js"></script>
      <script src="/docs/initializer.js"></script>
    </body>
  </html> `;
