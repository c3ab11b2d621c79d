/** What the browser shows, so that a person can walk the way in `stepgate dev`. */
import { html, raw } from 'hono/html';

type Page = ReturnType<typeof html>;

/** Two links, below the address of the page. */
export function consentPage(path: string, asked: URLSearchParams): Page {
  return page(
    html`<p><b>${asked.get('client_id')}</b> asks for: ${asked.get('scope') ?? 'what it is registered with'}</p>
      <p><a href="${path}/allow?${asked.toString()}">Allow</a> <a href="${path}/deny?${asked.toString()}">Deny</a></p>`,
  );
}

/** What stands behind a `#` never reaches a server: only a script sees it. */
export function hashPage(route: string, path: string): Page {
  const script = `
    const [route, query = ''] = location.hash.slice(1).split(/\\?(.*)/s);
    if (route === ${JSON.stringify(route)} && query !== '') {
      for (const link of document.querySelectorAll('a')) link.href = ${JSON.stringify(path)} + link.dataset.path + '?' + query;
      document.querySelector('p').textContent = new URLSearchParams(query).get('client_id') + ' asks for: ' + new URLSearchParams(query).get('scope');
    }`;
  // The text of the script is the sandbox's own.
  return page(
    html`<p>Nothing is asked for: no query behind the hash route.</p>
      <p><a data-path="/allow">Allow</a> <a data-path="/deny">Deny</a></p>
      <script>
        ${raw(script)};
      </script>`,
  );
}

export function refusedPage(message: string): Page {
  return page(html`<p>${message}</p>`);
}

function page(body: Page): Page {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>Sandbox</title>
      </head>
      <body>
        <h1>Sandbox</h1>
        ${body}
      </body>
    </html>`;
}
