/** The few pages that a person sees on the way to a provider and back. No script, nothing from elsewhere, never in a frame. */
import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { ProblemError, statusOf } from '../../model/problem.ts';
import type { RequestContext } from '../env.ts';

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}button{font:inherit;padding:.5rem 1.5rem}pre{white-space:pre-wrap;overflow-wrap:anywhere}';

/**
 * There is no `form-action` in it: browsers hold the redirects after a form to it too, and where the provider sends a
 * person on his way through its login is not known.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

type Html = ReturnType<typeof html>;
export type Page = Response | Promise<Response>;

/** What is on these pages and in their addresses is for one person, once. */
export function keepPrivate(c: RequestContext): void {
  c.header('cache-control', 'no-store');
  c.header('referrer-policy', 'no-referrer');
}

export function page(c: RequestContext, title: string, content: Html, status: ContentfulStatusCode = 200): Page {
  keepPrivate(c);
  c.header('content-security-policy', CONTENT_SECURITY_POLICY);
  c.header('x-content-type-options', 'nosniff');
  c.header('x-frame-options', 'DENY');
  return c.html(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="robots" content="noindex" />
          <title>${title}</title>
          ${raw(`<style>${STYLE}</style>`)}
        </head>
        <body>
          <h1>${title}</h1>
          ${content}
        </body>
      </html> `,
    status,
  );
}

/** Names what is about to be connected, so that who was sent here by somebody else can see it. */
export function startPage(
  c: RequestContext,
  { provider, customer, host }: { readonly provider: string; readonly customer: string; readonly host: string },
): Page {
  return page(
    c,
    `Connect ${provider}`,
    html`<p>
        <strong>${host}</strong> asks to connect your ${provider} account to its customer <strong>${customer}</strong>.
      </p>
      <p>
        Continue only if you have just asked for this at ${host}. ${provider} will ask you to allow it, and then you are
        taken back.
      </p>
      <form method="post"><button type="submit">Continue to ${provider}</button></form>`,
  );
}

export function troublePage(c: RequestContext, what: string, next: string, status: ContentfulStatusCode): Page {
  return page(
    c,
    'This did not work',
    html`<p>${what}</p>
      <p>${next}</p>
      <p>Request ${c.get('requestId')}</p>`,
    status,
  );
}

export function brokenPage(c: RequestContext, error: unknown): Page {
  const status = error instanceof ProblemError ? statusOf(error.problems[0]) : 500;
  const what = error instanceof ProblemError ? error.message : 'The gateway failed in a way that it did not foresee.';
  return troublePage(c, what, 'Go back to the application that sent you here, and begin again in a moment.', status);
}
