/** PKCE (RFC 7636), which no real provider is known to take: with a made-up one that demands it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHouse, type House } from '../support/house.ts';
import { confirm, consent, goToProvider, newAuthorization, openBrowser, returnedWith, walk } from './consent.ts';

const provider = 'challenged';
let house: House;

beforeAll(async () => {
  house = await openHouse({ folder: new URL('fixtures/', import.meta.url) });
});
afterAll(() => house.close());

test('the challenge goes to the provider, its verifier only to the token endpoint', async () => {
  const browser = openBrowser(house);
  const place = new URL(await goToProvider(browser, await newAuthorization(house, { provider })));
  expect(place.searchParams.get('code_challenge_method')).toBe('S256');
  expect(place.searchParams.get('scope')).toBe('a b');
  expect(place.search).toContain('scope=a%20b');
  expect(place.searchParams.has('code_verifier')).toBe(false);
  expect((await confirm(house, await walk(house, { provider }), { provider })).status).toBe(201);
});

test("a code that was asked for with another's challenge is refused", async () => {
  const [mine, theirs] = [openBrowser(house), openBrowser(house)];
  const stolen = new URL(await consent(house, theirs, await newAuthorization(house, { provider }), { provider }));
  const own = new URL(await consent(house, mine, await newAuthorization(house, { provider }), { provider }));
  own.searchParams.set('code', stolen.searchParams.get('code') ?? '');
  expect(returnedWith(await mine.open(own.href))).toMatchObject({ error: 'code_refused' });
});
