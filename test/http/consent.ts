/** A person at a browser, who connects an account: what the tests of the consent flow share. */
import type { ConsentOptions } from '../../src/sandbox.ts';
import type { Answer } from '../support/answer.ts';
import { CUSTOMER, PUBLIC_URL, RETURN_URL, type House } from '../support/house.ts';
import { connectionPath } from './support.ts';

/** It keeps cookies as browsers do, and follows no redirect by itself. */
export interface Browser {
  open(url: string): Promise<Page>;
  /** Sends the form of a page; `from: 'elsewhere'` is a form of another site, which takes no Lax cookie along. */
  submit(url: string, from?: 'here' | 'elsewhere'): Promise<Page>;
  cookies(): ReadonlyMap<string, string>;
}

export interface Page extends Answer {
  /** Where it sends the browser. */
  readonly location: string;
}

/** What a test of the flow asks: a house, or processes. */
export type Flowing = Pick<House, 'ask' | 'sandbox'>;

export function openBrowser({ ask }: Pick<House, 'ask'>): Browser {
  const jar = new Map<string, string>();
  const go = async (url: string, method: string, withCookies: boolean): Promise<Page> => {
    if (!url.startsWith(`${PUBLIC_URL}/`)) throw new Error(`${url} is not the gateway's.`);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { 'x-api-key': '', ...(withCookies ? { cookie } : {}) };
    const answer = await ask(url.slice(PUBLIC_URL.length), { method, headers });
    for (const set of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      jar.set(name, value);
    }
    return { ...answer, location: answer.headers.get('location') ?? '' };
  };
  return {
    open: (url) => go(url, 'GET', true),
    submit: (url, from = 'here') => go(url, 'POST', from === 'here'),
    cookies: () => jar,
  };
}

export interface Asked {
  readonly id: string;
  readonly url: string;
  readonly expires_at: string;
}

export interface FlowOptions {
  readonly provider?: string;
  readonly customer?: string;
}

export function authorize(
  { ask }: Pick<House, 'ask'>,
  { provider = 'outreach', customer = CUSTOMER }: FlowOptions = {},
  body: unknown = { return_url: RETURN_URL },
): Promise<Answer> {
  return ask(`${connectionPath(provider, customer)}/authorize`, { method: 'POST', body });
}

/** A new authorization. */
export async function newAuthorization(house: Flowing, options: FlowOptions = {}): Promise<Asked> {
  const answer = await authorize(house, options);
  if (answer.status !== 201) throw new Error(answer.text);
  return (answer.json as { record: Asked }).record;
}

/** From the link to the provider: where the browser is then. */
export async function goToProvider(browser: Browser, { url }: Asked): Promise<string> {
  await browser.open(url);
  const { status, location, text } = await browser.submit(url);
  if (status !== 303) throw new Error(text);
  return location;
}

/** From the link to the callback, which is not opened: its address. */
export async function consent(
  house: Flowing,
  browser: Browser,
  asked: Asked,
  { provider = 'outreach', ...options }: FlowOptions & ConsentOptions = {},
): Promise<string> {
  const { authorization } = house.sandbox(provider);
  if (!authorization) throw new Error(`${provider} has no authorisation server.`);
  return authorization.consent(await goToProvider(browser, asked), options);
}

export interface Returned {
  readonly authorization_id: string;
  readonly confirmation?: string;
  readonly error?: string;
}

/** What an application reads at its return URL. */
export function returnedWith({ status, location, text }: Page): Returned {
  if (status !== 303 || !location.startsWith(`${RETURN_URL}&`))
    throw new Error(`${String(status)} ${location} ${text}`);
  const { from: _own, ...told } = Object.fromEntries(new URL(location).searchParams);
  return told as unknown as Returned;
}

/** The whole way of the browser. */
export async function walk(house: Flowing, options: FlowOptions & ConsentOptions = {}): Promise<Returned> {
  const browser = openBrowser(house);
  const asked = await newAuthorization(house, options);
  return returnedWith(await browser.open(await consent(house, browser, asked, options)));
}

export function confirm(
  { ask }: Pick<House, 'ask'>,
  { authorization_id, confirmation }: Partial<Returned>,
  { provider = 'outreach', customer = CUSTOMER }: FlowOptions = {},
): Promise<Answer> {
  const path = `${connectionPath(provider, customer)}/authorize/actions/confirm`;
  return ask(path, { method: 'POST', body: { authorization_id, confirmation } });
}

/** The word of an authorization's end. */
export async function look(
  { ask }: Pick<House, 'ask'>,
  id: string,
  { provider = 'outreach', customer = CUSTOMER }: FlowOptions = {},
): Promise<{ readonly status: string; readonly error?: string }> {
  const answer = await ask(`${connectionPath(provider, customer)}/authorize/${id}`);
  if (answer.status !== 200) throw new Error(answer.text);
  return answer.json as { status: string; error?: string };
}
