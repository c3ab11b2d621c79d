/** What an answer carries in its headers is in the document, for its operation and status. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Answer } from '../support/answer.ts';
import type { Ask, House } from '../support/house.ts';
import { newAuthorization, openBrowser, type Page } from './consent.ts';
import { connectionPath, openConnectedHouse, sequenceOf, tenant } from './support.ts';

type Responses = Readonly<Record<string, { readonly headers?: Readonly<Record<string, { readonly $ref: string }>> }>>;
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Responses }>>>>;
  readonly components: { readonly headers: Readonly<Record<string, object>> };
}

/** Those of HTTP itself, of the pages, and of their cookies. */
const GENERAL =
  /^(content-(type|length|security-policy)|cache-control|referrer-policy|set-cookie|x-content-type-options|x-frame-options)$/;

let house: House;
let document: Document;
const seen = new Set<string>();

beforeAll(async () => {
  house = await openConnectedHouse({ openDocuments: true });
  document = (await house.ask('/openapi.json')).json as Document;
});
afterAll(() => house.close());

/** Looks an answer up in the document. */
function expectDocumented(path: string, method: string, { status, headers, text }: Answer | Page): void {
  const declared = document.paths[path]?.[method.toLowerCase()]?.responses[String(status)]?.headers;
  expect(declared, `${method} ${path} ${String(status)} ${text}`).toBeDefined();
  const carried = [...headers.keys()].filter((name) => !GENERAL.test(name));
  for (const name of carried) {
    seen.add(name);
    expect(Object.keys(declared ?? {}), `${method} ${path} ${String(status)}`).toContain(name);
  }
}

test('every header is declared where it is carried, and every kind is carried somewhere', async () => {
  const sandbox = house.sandbox('outreach');
  const id = sequenceOf(sandbox);
  const STEPS = '/sequences/{sequence_id}/sequence_steps';
  const prefer = { ...tenant('outreach'), prefer: 'handling=strict, wait=0' };
  const once = { ...prefer, 'idempotency-key': 'once' };
  const ask = async (path: string, { method = 'GET', ...rest }: Ask = {}, at = path): Promise<Answer> => {
    const answer = await house.ask(at, { method, ...rest });
    expectDocumented(path, method, answer);
    return answer;
  };
  const steps = `/sequences/${id}/sequence_steps`;
  const call = { record: { type: 'call' } };
  await ask('/sequences', { headers: prefer });
  await ask('/sequences', { headers: { ...prefer, 'x-api-key': 'wrong' } });
  await ask('/sequences', { headers: { ...prefer, 'x-customer-id': 'nobody' } });
  for (const headers of [once, once, prefer]) await ask(STEPS, { method: 'POST', headers, body: call }, steps);
  await ask(STEPS, { method: 'POST', headers: prefer, body: call }, `${steps}?dry_run=true`);
  await ask(STEPS, { method: 'POST', headers: prefer, body: { record: { type: 'email' } } }, steps);
  await ask(STEPS, { method: 'POST', headers: prefer, body: '{' }, steps);
  await ask('/providers');
  await ask('/healthz');
  const PATH = '/customers/{customer_id}/connections/{provider}';
  await ask(`${PATH}/actions/test`, { method: 'POST' }, `${connectionPath('outreach')}/actions/test`);
  await ask(`${PATH}/budget`, {}, `${connectionPath('outreach')}/budget`);

  const fault = { kind: 'refusal', at: 'before_commit', name: 'rate_limited' } as const;
  sandbox.addFault({ match: { path: /\/sequences/ }, fault });
  const limited = await ask('/sequences', { headers: prefer });
  expect(limited.headers.get('retry-after')).not.toBeNull();

  const asked = await newAuthorization(house);
  const browser = openBrowser(house);
  expectDocumented('/oauth/start/{start_id}', 'GET', await browser.open(asked.url));
  expectDocumented('/oauth/start/{start_id}', 'POST', await browser.submit(asked.url));
  const all = Object.values(document.paths).flatMap((item) => Object.values(item).map(({ responses }) => responses));
  const declared = all.flatMap((responses) =>
    Object.values(responses).flatMap(({ headers }) => Object.keys(headers ?? {})),
  );
  expect([...new Set(declared)].toSorted()).toEqual([...seen].toSorted());
  for (const responses of all)
    for (const [status, { headers }] of Object.entries(responses)) {
      expect(headers, status).toHaveProperty('x-request-id');
      if (['409', '429', '503'].includes(status)) expect(headers, status).toHaveProperty('retry-after');
      for (const { $ref } of Object.values(headers ?? {}))
        expect(document.components.headers).toHaveProperty($ref.split('/').at(-1) ?? '');
    }
});
