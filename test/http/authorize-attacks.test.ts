/** Whoever tries to connect somebody else's account, or to his own customer: what each of them comes to. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openHouse, PUBLIC_URL, type House } from '../support/house.ts';
import {
  confirm,
  consent,
  goToProvider,
  look,
  newAuthorization,
  openBrowser,
  returnedWith,
  walk,
  type Page,
} from './consent.ts';
import { connectionPath, resetSandboxes, told } from './support.ts';

let house: House;

beforeAll(async () => {
  house = await openHouse();
});
beforeEach(() => {
  house.clock.pass(3_600_000);
  resetSandboxes(house);
});
afterAll(() => house.close());

const [ATTACKER, VICTIM] = [{ customer: 'attacker' }, { customer: 'victim' }];

function exchanges() {
  return house
    .sandbox('outreach')
    .calls()
    .filter(({ path }) => path === '/oauth/token');
}

async function expectNothingBound(): Promise<void> {
  for (const { customer } of [ATTACKER, VICTIM])
    expect((await house.ask(connectionPath('outreach', customer))).status, customer).toBe(404);
}

/** A page for people, and nothing exchanged. */
function expectRefused(page: Page, status: number): void {
  expect(page.status, page.text).toBe(status);
  expect(page.location).toBe('');
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(page.headers.get('cache-control')).toBe('no-store');
  expect(exchanges()).toEqual([]);
}

describe("a victim's account for the attacker's customer", () => {
  test("the victim opens the attacker's link: the victim's backend confirms for the victim, 404, and the grant is dropped", async () => {
    const asked = await newAuthorization(house, ATTACKER);
    const victim = openBrowser(house);
    const page = await victim.open(asked.url);
    expect(page.text, 'the victim can see whose customer it would be').toContain(ATTACKER.customer);
    const returned = returnedWith(await victim.open(await consent(house, victim, asked, { as: 'victim' })));
    expect(returned).toMatchObject({ authorization_id: asked.id, confirmation: expect.any(String) });

    const answer = await confirm(house, returned, VICTIM);
    expect(answer.status).toBe(404);
    expect(told(answer)).toEqual(['AUTHORIZATION_NOT_FOUND']);
    expect(await look(house, asked.id, ATTACKER)).toMatchObject({ status: 'failed', error: 'confirmed_for_another' });
    expect((await confirm(house, returned, ATTACKER)).status, 'too late').toBe(404);
    await expectNothingBound();
  });

  test('without the confirmation, which only the browser of the victim got, the attacker has nothing', async () => {
    const asked = await newAuthorization(house, ATTACKER);
    const victim = openBrowser(house);
    await victim.open(await consent(house, victim, asked, { as: 'victim' }));
    for (const confirmation of ['', 'guess', randomBytes(32).toString('base64url'), asked.url.slice(-43), asked.id])
      expect((await confirm(house, { authorization_id: asked.id, confirmation }, ATTACKER)).status).toBe(404);
    expect(await look(house, asked.id, ATTACKER), 'a guess drops nothing').toMatchObject({ status: 'granted' });
    await expectNothingBound();
  });

  test('a form on a page of the attacker sends nobody to the provider', async () => {
    const asked = await newAuthorization(house, ATTACKER);
    const victim = openBrowser(house);
    expectRefused(await victim.submit(asked.url, 'elsewhere'), 403);
    await victim.open(asked.url);
    expectRefused(await victim.submit(asked.url, 'elsewhere'), 403);
  });

  test("the attacker's own start, handed on: another browser is refused, and keeps the first one from nothing", async () => {
    const asked = await newAuthorization(house, ATTACKER);
    const attacker = openBrowser(house);
    const place = await goToProvider(attacker, asked);
    const victim = openBrowser(house);
    expectRefused(await victim.open(asked.url), 403);
    expectRefused(await victim.submit(asked.url), 403);
    const callback = house.sandbox('outreach').authorization?.consent(place, { as: 'victim' }) ?? '';
    expectRefused(await victim.open(callback), 403);
    expect((await attacker.open(callback)).status).toBe(303);
  });
});

describe("the attacker's account for the victim's customer", () => {
  test("the victim opens the attacker's callback: another browser, nothing exchanged, and the state is not used up", async () => {
    const attacker = openBrowser(house);
    const callback = await consent(house, attacker, await newAuthorization(house, ATTACKER), { as: 'attacker' });
    const victim = openBrowser(house);
    expectRefused(await victim.open(callback), 403);
    const own = await newAuthorization(house, VICTIM);
    await goToProvider(victim, own);
    expectRefused(await victim.open(callback), 403);
    await expectNothingBound();
    expect((await attacker.open(callback)).status).toBe(303);
  });

  test("the victim opens the attacker's return URL: the victim's backend gets 404", async () => {
    const returned = await walk(house, { ...ATTACKER, as: 'attacker' });
    expect((await confirm(house, returned, VICTIM)).status).toBe(404);
    await expectNothingBound();
  });

  test("a code of the attacker in the victim's own callback brings back the victim's state, which only its browser has", async () => {
    const attacker = openBrowser(house);
    const stolen = new URL(await consent(house, attacker, await newAuthorization(house, ATTACKER), { as: 'attacker' }));
    stolen.searchParams.set('state', randomBytes(32).toString('base64url'));
    const victim = openBrowser(house);
    await goToProvider(victim, await newAuthorization(house, VICTIM));
    expectRefused(await victim.open(stolen.href), 400);
    await expectNothingBound();
  });
});

describe('confirming for others', () => {
  test('for another provider of the same customer is 404, and drops nothing', async () => {
    const returned = await walk(house, VICTIM);
    const slip = await confirm(house, returned, { ...VICTIM, provider: 'salesloft' });
    expect(slip.status).toBe(404);
    expect(slip.text).toContain('another provider drops nothing');
    expect((await house.ask(connectionPath('salesloft', VICTIM.customer))).status).toBe(404);
    expect((await confirm(house, returned, VICTIM)).status).toBe(201);
    await house.ask(connectionPath('outreach', VICTIM.customer), { method: 'DELETE' });
  });

  test('for another customer and another provider at once is 404, and drops the grant', async () => {
    const returned = await walk(house, ATTACKER);
    expect((await confirm(house, returned, { ...VICTIM, provider: 'salesloft' })).status).toBe(404);
    expect((await confirm(house, returned, ATTACKER)).status).toBe(404);
    await expectNothingBound();
  });

  test('what another customer is answered is what an unknown id is answered', async () => {
    const { authorization_id } = await walk(house, ATTACKER);
    const unknown = crypto.randomUUID();
    const path = `${connectionPath('outreach', VICTIM.customer)}/authorize`;
    const both = await Promise.all([authorization_id, unknown].map((id) => house.ask(`${path}/${id}`)));
    const shown = both.map(({ status, text }, index) => {
      const id = both[index]?.headers.get('x-request-id') ?? '';
      return { status, text: text.replace(id, 'id') };
    });
    expect(shown[0]).toEqual(shown[1]);
    expect(shown[0]?.status).toBe(404);
  });
});

describe('the callback', () => {
  const CALLBACK = `${PUBLIC_URL}/oauth/callback`;

  test.each([
    ['nothing', ''],
    ['no state', '?code=stolen-code'],
    ['an empty state', '?code=stolen-code&state='],
    ['a forged state', `?code=stolen-code&state=${'A'.repeat(43)}`],
    ['a state that is none', '?code=stolen-code&state=%00%F0%9F%92%A5'],
    ['a long state', `?code=stolen-code&state=${'A'.repeat(10_000)}`],
    ['an error without a state', '?error=access_denied'],
  ])('with %s is refused, and shows nothing of it', async (_what, query) => {
    const browser = openBrowser(house);
    await goToProvider(browser, await newAuthorization(house, VICTIM));
    const page = await browser.open(`${CALLBACK}${query}`);
    expectRefused(page, 400);
    expect(page.text).not.toMatch(/stolen-code|AAAA|access_denied/);
  });

  test('with the state twice is refused', async () => {
    const browser = openBrowser(house);
    const callback = await consent(house, browser, await newAuthorization(house, VICTIM));
    const state = new URL(callback).searchParams.get('state') ?? '';
    expectRefused(await browser.open(`${callback}&state=${state}`), 400);
  });

  test('used again is refused, and changes nothing', async () => {
    const browser = openBrowser(house);
    const callback = await consent(house, browser, await newAuthorization(house, VICTIM));
    const returned = returnedWith(await browser.open(callback));
    expect((await browser.open(callback)).status).toBe(410);
    expect(exchanges()).toHaveLength(1);
    expect((await confirm(house, returned, VICTIM)).status).toBe(201);
    expect((await browser.open(callback)).status).toBe(410);
    await house.ask(connectionPath('outreach', VICTIM.customer), { method: 'DELETE' });
  });

  test('after the ten minutes is refused', async () => {
    const browser = openBrowser(house);
    const asked = await newAuthorization(house, VICTIM);
    const callback = await consent(house, browser, asked);
    house.clock.pass(600_000);
    expectRefused(await browser.open(callback), 410);
    expect(await look(house, asked.id, VICTIM)).toMatchObject({ status: 'expired' });
  });

  test('with a cookie that is changed is refused', async () => {
    const browser = openBrowser(house);
    const callback = await consent(house, browser, await newAuthorization(house, VICTIM));
    const [name = '', value = ''] = [...browser.cookies()][0] ?? [];
    const path = callback.slice(PUBLIC_URL.length);
    for (const other of [randomBytes(32).toString('base64url'), value.slice(1), `${value}x`, '', 'ä']) {
      const headers = { 'x-api-key': '', cookie: `${name}=${encodeURIComponent(other)}` };
      expect((await house.ask(path, { headers })).status, other).toBe(403);
    }
    expect((await house.ask(path, { headers: { 'x-api-key': '', cookie: `a=b; ${name}=${value}` } })).status).toBe(303);
  });
});

describe('the link', () => {
  test.each([
    ['forged', 'A'.repeat(43)],
    ['too short', 'abc'],
    ['of other characters', '%3Cscript%3E'],
    ['very long', 'A'.repeat(5_000)],
  ])('%s is refused', async (_what, id) => {
    const browser = openBrowser(house);
    for (const page of [
      await browser.open(`${PUBLIC_URL}/oauth/start/${id}`),
      await browser.submit(`${PUBLIC_URL}/oauth/start/${id}`),
    ])
      expectRefused(page, 400);
  });

  test('used, or old, is refused', async () => {
    const browser = openBrowser(house);
    const [used, old] = [await newAuthorization(house, VICTIM), await newAuthorization(house, VICTIM)];
    await browser.open(await consent(house, browser, used));
    expect((await browser.open(used.url)).status).toBe(410);
    expect((await browser.submit(used.url)).status).toBe(410);
    await browser.open(old.url);
    house.clock.pass(600_000);
    expect((await browser.open(old.url)).status).toBe(410);
    expect((await browser.submit(old.url)).status).toBe(410);
  });

  test('without a cookie goes nowhere', async () => {
    const asked = await newAuthorization(house, VICTIM);
    expectRefused(await openBrowser(house).submit(asked.url), 403);
  });
});

describe('confirmations', () => {
  test('are good for ten minutes', async () => {
    const returned = await walk(house, VICTIM);
    house.clock.pass(600_000);
    expect((await confirm(house, returned, VICTIM)).status).toBe(404);
    await expectNothingBound();
  });

  test('need the API key', async () => {
    const body = await walk(house, VICTIM);
    const path = `${connectionPath('outreach', VICTIM.customer)}/authorize/actions/confirm`;
    expect((await house.ask(path, { method: 'POST', headers: { 'x-api-key': '' }, body })).status).toBe(401);
    await expectNothingBound();
  });

  test('of a wrong type are refused', async () => {
    const returned = await walk(house, VICTIM);
    expect(told(await confirm(house, { ...returned, confirmation: 7 as unknown as string }, VICTIM))).toEqual([
      'WRONG_TYPE /confirmation',
    ]);
    expect(told(await confirm(house, {}, VICTIM)).toSorted()).toEqual([
      'MISSING_KEY /authorization_id',
      'MISSING_KEY /confirmation',
    ]);
  });
});

test('nothing that opens a door is in the log or in the database', async () => {
  const browser = openBrowser(house);
  const asked = await newAuthorization(house, VICTIM);
  const callback = await consent(house, browser, asked);
  const returned = returnedWith(await browser.open(callback));
  await browser.open(callback);
  await confirm(house, returned, VICTIM);
  const { searchParams } = new URL(callback);
  const tokens = exchanges();
  expect(tokens).toHaveLength(1);
  const secrets = [
    ...[asked.url.slice(-43), searchParams.get('state'), searchParams.get('code'), returned.confirmation],
    ...browser.cookies().values(),
    house.sandbox('outreach').authorization?.client.client_secret,
  ];
  const log = house.logs.join('');
  for (const secret of secrets) {
    expect(secret?.length).toBeGreaterThan(20);
    expect(log).not.toContain(secret);
  }
  expect(log).toContain('/oauth/start/***');
});
