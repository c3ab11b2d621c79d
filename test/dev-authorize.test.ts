/** `npm start`: the way that a person walks through an OAuth consent, on nothing but this machine. */
import { expect, test } from 'vitest';
import { CONSENT_WORDS } from '../src/http/oauth/words.ts';
import { stepgate } from './support/process.ts';

const API_KEY = 'chosen-key';

test('the command that is printed, a browser, and the command that the last page shows connect an account', async () => {
  const dev = stepgate(['dev'], { PORT: '0', STEPGATE_API_KEY: API_KEY });
  await dev.printed(/Ctrl-C/);
  const [, copied = ''] = await dev.printed(/OAuth instead[^\n]*\n\n([\s\S]*?)\n\n/);
  const asked = await post(copied);
  expect(asked.status).toBe(201);
  const { record } = (await asked.json()) as { record: { url: string } };

  const page = await fetch(record.url);
  const cookie = page.headers
    .getSetCookie()
    .map((set) => set.split(';')[0])
    .join('; ');
  // A form of a page that hides where it is has this origin.
  const headers = { cookie, origin: 'null' };
  const onwards = await fetch(record.url, { method: 'POST', headers, redirect: 'manual' });
  expect(onwards.status).toBe(303);
  const provider = onwards.headers.get('location') ?? '';
  const [, allow = ''] = /href="([^"]+)"[^>]*>Allow/.exec(await (await fetch(provider)).text()) ?? [];
  const back = await fetch(new URL(allow.replaceAll('&amp;', '&'), provider), { redirect: 'manual' });
  const returned = await fetch(back.headers.get('location') ?? '', { headers: { cookie }, redirect: 'manual' });
  const place = returned.headers.get('location') ?? '';
  expect(place).toMatch(/\/dev\/returned\?.*&authorization_id=.*&confirmation=/);

  const last = (await (await fetch(place)).text()).replaceAll('&#39;', "'").replaceAll('&quot;', '"');
  const [, command = ''] = /<pre>([\s\S]*?)<\/pre>/.exec(last) ?? [];
  const confirmed = await post(command);
  expect(await confirmed.json()).toMatchObject({ record: { credential_type: 'oauth2', status: 'active' } });
  const { pathname, origin } = new URL(urlIn(command));
  const tried = `${origin}${pathname.replace('/authorize/actions/confirm', '/actions/test')}`;
  expect((await fetch(tried, { method: 'POST', headers: { 'x-api-key': API_KEY } })).status).toBe(200);

  const strange = await fetch(place.replace(/confirmation=.*/, `confirmation=${encodeURIComponent("';id;'")}`));
  expect(await strange.text()).not.toContain('curl');
  const told = async (error: string): Promise<string> =>
    (await fetch(place.replace(/confirmation=.*/, `error=${encodeURIComponent(error)}`))).text();
  for (const [error, { what, next }] of Object.entries(CONSENT_WORDS)) {
    const text = (await told(error)).replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>');
    for (const says of [error, what, next]) expect(text).toContain(says);
  }
  expect(await told('<b>')).toContain('<code>&lt;b&gt;</code>');
  await dev.stop('SIGTERM');
});

test('an application of the own machine can be sent back to, and the refusal of another says what is allowed', async () => {
  const own = 'http://localhost:3000/connected';
  const dev = stepgate(['dev'], { PORT: '0', STEPGATE_API_KEY: API_KEY, STEPGATE_RETURN_URLS: own });
  const [, url = ''] = await dev.printed(/Gateway {3}(\S+)/);
  const ask = (return_url: string): Promise<Response> =>
    fetch(`${url}/customers/me/connections/outreach/authorize`, {
      method: 'POST',
      headers: { 'x-api-key': API_KEY, 'content-type': 'application/json' },
      body: JSON.stringify({ return_url }),
    });
  expect((await ask(own)).status).toBe(201);
  const refused = await ask(`${own}/`);
  expect(refused.status).toBe(422);
  const text = await refused.text();
  expect(text).toContain(`${own}"`);
  expect(text).toContain(`${url}/dev/returned?provider=outreach`);
  await dev.stop('SIGTERM');
});

function urlIn(command: string): string {
  return /curl -s '?([^\s']+)/.exec(command)?.[1] ?? '';
}

function post(command: string): Promise<Response> {
  const [, body = ''] = /-d '([^']*)'/.exec(command) ?? [];
  const headers = [...command.matchAll(/-H ['"]([^:]+): ([^'"]*)['"]/g)].map(
    ([, name = '', value = '']): [string, string] => [name, value],
  );
  return fetch(urlIn(command), { method: 'POST', headers, body });
}
