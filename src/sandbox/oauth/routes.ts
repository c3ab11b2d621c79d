/** The pages and the token endpoint, on the hosts where the provider has them. */
import type { Context, Hono, MiddlewareHandler } from 'hono';
import { RefusedInBrowser } from './consent.ts';
import { consentPage, hashPage, refusedPage } from './pages.ts';
import { answerToken, type TokenEndpoint } from './token-endpoint.ts';

/** Where the page that asks for consent is. */
export interface Place {
  readonly origin: string;
  readonly path: string;
  /** The path behind the `#`, where there is one. */
  readonly route?: string;
}

export function placeOf(authorizeUrl: string): Place {
  const { origin, pathname, hash } = new URL(authorizeUrl);
  return { origin, path: pathname, ...(hash === '' ? {} : { route: hash.slice(1) }) };
}

/** @param origins the hosts that serve this and not the API */
export function addOAuthRoutes(app: Hono, endpoint: TokenEndpoint, origins: readonly string[]): void {
  const { rules, desk } = endpoint;
  const { origin, path, route } = placeOf(rules.authorize_url);
  const token = new URL(rules.token_url);
  const links = route ?? path;

  app.get(
    path,
    at(origin, (c) => c.html(route === undefined ? consentPage(links, queryOf(c)) : hashPage(route, links))),
  );
  app.get(
    `${links}/allow`,
    at(origin, (c) => decide(c, false)),
  );
  app.get(
    `${links}/deny`,
    at(origin, (c) => decide(c, true)),
  );
  app.post(
    token.pathname,
    at(token.origin, async ({ req }) => {
      const { status, headers, body } = answerToken(endpoint, {
        contentType: req.header('content-type') ?? '',
        authorization: req.header('authorization'),
        text: await req.text(),
      });
      return Response.json(body, { status, ...(headers ? { headers } : {}) });
    }),
  );
  app.use(async (c, next) => {
    if (origins.includes(originOf(c))) return c.text('Not Found', 404);
    return next();
  });

  /** Where the provider has it; a sandbox on loopback has one host for all. */
  function at(own: string, answer: (c: Context) => Response | Promise<Response>): MiddlewareHandler {
    return async (c, next) => {
      const isElsewhere = originOf(c) !== own && [rules.api_origin, ...origins].includes(originOf(c));
      return isElsewhere ? next() : answer(c);
    };
  }

  function decide(c: Context, deny: boolean): Response | Promise<Response> {
    try {
      return c.redirect(desk.decide(queryOf(c), { deny }));
    } catch (error) {
      if (!(error instanceof RefusedInBrowser)) throw error;
      return c.html(refusedPage(error.message), 400);
    }
  }
}

function queryOf(c: Context): URLSearchParams {
  return new URL(c.req.url).searchParams;
}

function originOf(c: Context): string {
  return new URL(c.req.url).origin;
}
