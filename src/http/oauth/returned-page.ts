/** What an application's page at a return URL is given, shown where there is no application: in development mode. */
import { html } from 'hono/html';
import type { Registry } from '../../core/registry.ts';
import type { RequestContext } from '../env.ts';
import { isCustomerId } from '../tenant.ts';
import { page, type Page } from './page.ts';

export function returnedPage(c: RequestContext, registry: Registry, publicUrl: string): Page {
  const { provider: name = '', customer = '', authorization_id = '', confirmation = '', error = '' } = c.req.query();
  const provider = registry.get(name);
  if (!provider || !isCustomerId(customer) || !UUID.test(authorization_id))
    return page(c, 'Nothing came back', html`<p>This page is a return URL for trying OAuth out.</p>`);
  // What is not of our own making stays out of a command that is to be copied.
  if (!SECRET.test(confirmation))
    return page(c, `${provider.title} was not connected`, html`<p><code>${error}</code></p>`);
  const path = `${publicUrl}/customers/${encodeURIComponent(customer)}/connections/${name}/authorize/actions/confirm`;
  const command = [
    `curl -s '${path}' \\`,
    `  -H "x-api-key: $STEPGATE_API_KEY" -H 'content-type: application/json' \\`,
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

const UUID = /^[0-9a-f-]{36}$/;
const SECRET = /^[A-Za-z0-9_-]{43}$/;
