/** A person's browser: the cookie that it is known by, and where it is sent. */
import { getCookie, setCookie } from 'hono/cookie';
import { STEP_MS, type CookieOf, type Refusal } from '../../connections/authorizations.ts';
import type { AuthorizationRow } from '../../store/tables.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { keepPrivate, troublePage, type Page } from './page.ts';

/** Each authorization has a cookie of its own, so that two tabs do not take each other's. */
export function cookieReader(c: RequestContext, gateway: Gateway): CookieOf {
  return (id) => getCookie(c, cookieName(gateway, id));
}

/** Lax: it comes along when the provider sends the person back, and with no form of another site. */
export function giveCookie(c: RequestContext, gateway: Gateway, id: string, secret: string): void {
  setCookie(c, cookieName(gateway, id), secret, {
    path: '/',
    httpOnly: true,
    sameSite: 'Lax',
    secure: isSecure(gateway),
    maxAge: STEP_MS / 1000,
  });
}

export function redirect(c: RequestContext, url: string): Response {
  keepPrivate(c);
  return c.redirect(url, 303);
}

/** To the return URL, which may have a query of its own. */
export function sendBack(c: RequestContext, row: AuthorizationRow, told: Readonly<Record<string, string>>): Response {
  const query = new URLSearchParams({ authorization_id: row.id, ...told }).toString();
  return redirect(c, `${row.return_url}${row.return_url.includes('?') ? '&' : '?'}${query}`);
}

export function refuse(c: RequestContext, refusal: Refusal): Page {
  const [status, what, next] = REFUSALS[refusal];
  c.get('line').refused = refusal;
  return troublePage(c, what, next, status);
}

/** Browsers say where a form stands; `null` is what they say of a page without a referrer, as ours are. */
export function isOfAnotherSite(c: RequestContext, { consent }: Gateway): boolean {
  const { 'sec-fetch-site': site = 'none', origin = 'null' } = c.req.header();
  return !OWN_SITES.has(site) || (origin !== 'null' && origin !== originOf(consent.publicUrl));
}

const OWN_SITES: ReadonlySet<string> = new Set(['same-origin', 'none']);

function originOf(url: string | undefined): string | undefined {
  return url === undefined ? undefined : new URL(url).origin;
}

const AGAIN = 'Nothing was connected. Go back to the application that sent you here, and begin again.';

const REFUSALS = {
  unknown: [400, 'This address is not known here, or it is too old.', AGAIN],
  used: [
    410,
    'This has been used already.',
    'Go back to the application that sent you here: it shows whether the account is connected. If it is not, begin again.',
  ],
  expired: [410, 'This has taken too long: each step is good for 10 minutes.', AGAIN],
  other_browser: [
    403,
    'This was not begun in this browser, or the browser keeps no cookies for this site.',
    'Nothing was connected. Go back to the application in the browser that you want to use, allow cookies, and begin again. If somebody else sent you this address, do not use it.',
  ],
  other_site: [
    403,
    'This was sent by a page of another site.',
    'Nothing was connected. Open the link that the application gave you, and press the button there.',
  ],
} as const satisfies Record<Refusal, readonly [number, string, string]>;

/** With the prefix, no other host of the domain can have set it. */
function cookieName(gateway: Gateway, id: string): string {
  return `${isSecure(gateway) ? '__Host-' : ''}stepgate-${id}`;
}

function isSecure({ consent }: Gateway): boolean {
  return consent.publicUrl?.startsWith('https:') ?? true;
}
