/** What `stepgate dev` prints. */
import { isNone } from '../model/cell.ts';
import type { Dev } from './dev.ts';
import { DEMO_CUSTOMER } from './describe.ts';
import { returnUrl } from './dev.ts';
import { DEMO_RECORD, emptySequence, type DemoRow } from './demo.ts';

export function demoText(dev: Dev, rows: readonly DemoRow[], notes: readonly string[] = []): string {
  return [
    'Stepgate, development mode: every provider is a sandbox on this machine.',
    '',
    'One record, sent to each product through the gateway:',
    `  ${JSON.stringify({ record: DEMO_RECORD })}`,
    '',
    table(['PROVIDER', 'STEP ID', 'NATIVE CALLS MADE', 'WARNINGS'], rows.map(toCells)),
    '',
    `API key   ${dev.apiKey}`,
    ...notes.map((note) => `          ${note}`),
    `Gateway   ${dev.url}   (documents: ${dev.url}/docs, sandboxes: ${dev.url}/dev)`,
    '',
    'Copy this, and look at the warnings:',
    '',
    curl(dev, rows),
    '',
    'To connect an account by OAuth instead, copy this, and open the url of the answer in a browser:',
    '',
    authorizeCurl(dev),
    '',
    'Ctrl-C stops it; nothing is kept.',
    '',
  ].join('\n');
}

function curl(dev: Dev, rows: readonly DemoRow[]): string {
  const { provider: name } = rows.at(-1) ?? nothing();
  const sandbox = dev.sandboxes.get(name) ?? nothing();
  const record = { type: 'call', interval_seconds: 90_000, task_note: 'Ask about the trial', order: 1 };
  return [
    `curl -s ${dev.url}/sequences/${emptySequence(sandbox)}/sequence_steps \\`,
    `  -H 'x-api-key: ${dev.apiKey}' \\`,
    `  -H 'x-customer-id: ${DEMO_CUSTOMER}' -H 'x-provider-name: ${name}' \\`,
    `  -H 'content-type: application/json' \\`,
    `  -d '${JSON.stringify({ record })}'`,
  ].join('\n');
}

/** Of a provider whose page for consent works without a script, so that a command line can walk the way too. */
function authorizeCurl({ url, apiKey, registry }: Dev): string {
  const [name = nothing()] = [...registry.values()].flatMap(({ name: each, oauth }) =>
    isNone(oauth) || oauth.authorize_url.includes('#') ? [] : [each],
  );
  return [
    `curl -s ${url}/customers/${DEMO_CUSTOMER}/connections/${name}/authorize \\`,
    `  -H 'x-api-key: ${apiKey}' -H 'content-type: application/json' \\`,
    `  -d '${JSON.stringify({ return_url: returnUrl(url, name) })}'`,
  ].join('\n');
}

type Cells = readonly (readonly string[])[];

function toCells({ provider, id, calls, warnings }: DemoRow): Cells {
  return [[provider], [id], calls, warnings.length > 0 ? warnings : ['none']];
}

/** A table whose cells may have several lines. */
function table(head: readonly string[], rows: readonly Cells[]): string {
  const lines = rows.flatMap((cells) => {
    const height = Math.max(...cells.map((cell) => cell.length));
    return Array.from({ length: height }, (_, line) => cells.map((cell) => cell[line] ?? ''));
  });
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((cells) => cells[column]?.length ?? 0)),
  );
  const draw = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [draw(head), ...lines.map(draw)].map((line) => `  ${line}`).join('\n');
}

function nothing(): never {
  throw new Error('There is no provider that creates steps.');
}
