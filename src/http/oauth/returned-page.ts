/** What an application's page at a return URL is given, shown where there is no application: in development mode. */
import { html } from 'hono/html';
import type { Registry } from '../../core/registry.ts';
import type { RequestContext } from '../env.ts';
import { isCustomerId } from '../tenant.ts';
import { page, type Page } from './page.ts';
import { CONSENT_WORDS, isConsentWord } from './words.ts';

interface Place {
  readonly registry: Registry;
  readonly publicUrl: string;
  /** It stands in the command that is to be copied. */
  readonly apiKey: string;
}

export function returnedPage(c: RequestContext, { registry, publicUrl, apiKey }: Place): Page {
  const { provider: name = '', customer = '', authorization_id = '', confirmation = '', error = '' } = c.req.query();
  const provider = registry.get(name);
  if (!provider || !isCustomerId(customer) || !UUID.test(authorization_id))
    return page(c, 'Nothing came back', html`<p>This page is a return URL for trying OAuth out.</p>`);
  // What is not of our own making stays out of a command that is to be copied.
  if (!SECRET.test(confirmation)) return notConnected(c, provider.title, error);
  const path = `${publicUrl}/customers/${encodeURIComponent(customer)}/connections/${name}/authorize/actions/confirm`;
  const command = [
    `curl -s '${path}' \\`,
    `  -H 'x-api-key: ${apiKey}' \\`,
    `  -H 'content-type: application/json' \\`,
    `  -d '${JSON.stringify({ authorization_id, confirmation })}'`,
  ].join('\n');
  return page(
    c,
    `${provider.title} has been asked`,
    html`<p>
        This page stands for your application's. It would now confirm, for the customer who is signed in, and only then
        is the account connected:
      </p>
      <pre>${command}</pre>`,
  );
}

function notConnected(c: RequestContext, title: string, error: string): Page {
  const { what, next } = isConsentWord(error) ? CONSENT_WORDS[error] : NO_WORD;
  return page(
    c,
    `${title} was not connected`,
    html`<p>${what}</p>
      <p>${next}</p>
      <p>An application is told: <code>${error === '' ? 'nothing' : error}</code></p>`,
  );
}

const NO_WORD = { what: 'The gateway has no such word.', next: 'Begin again.' };

const UUID = /^[0-9a-f-]{36}$/;
const SECRET = /^[A-Za-z0-9_-]{43}$/;
