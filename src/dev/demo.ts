/** The demonstration: one record becomes a step in every product, through the gateway's own HTTP API. */
import { request } from 'node:http';
import { isNone, wordFor } from '../model/cell.ts';
import { type NamedProvider } from '../model/declaration.ts';
import type { StepType } from '../model/step.ts';
import type { Sandbox } from '../sandbox.ts';
import { DEMO_CUSTOMER } from './describe.ts';
import { ownCredential, type Dev } from './dev.ts';

export const DEMO_RECORD = {
  type: 'auto_email' as const,
  name: 'Intro',
  interval_seconds: 90_000,
  template: { name: 'T1', subject: 'Hi', body: '<p>Hi</p>', cc: ['a@b.c'] },
};

export interface DemoRow {
  readonly provider: string;
  readonly id: string;
  readonly calls: readonly string[];
  readonly warnings: readonly string[];
}

/** Connects the demo customer everywhere and creates the record in an empty sequence of each provider that can create its type. */
export async function runDemo(dev: Dev): Promise<readonly DemoRow[]> {
  const rows: DemoRow[] = [];
  for (const [name, sandbox] of dev.sandboxes) {
    const provider = dev.registry.get(name);
    if (!provider) continue;
    await connect(dev, provider, sandbox);
    if (canCreate(provider, DEMO_RECORD.type)) rows.push(await createFirstStep(dev, name, sandbox));
  }
  return rows;
}

/** An empty sequence of the provider, for the demonstration and for the command to copy. */
export function emptySequence(sandbox: Sandbox): string {
  const sequence = sandbox.sequences().find(({ num_steps }) => num_steps === 0);
  if (!sequence) throw new Error('The sandbox has no empty sequence.');
  return sequence.id;
}

function canCreate({ can }: NamedProvider, type: StepType): boolean {
  return !isNone(can.create_steps) && wordFor(can.create_steps.types[type]) !== undefined;
}

async function connect(dev: Dev, provider: NamedProvider, sandbox: Sandbox): Promise<void> {
  const { type, secret } = ownCredential(sandbox);
  const body = { credentials: { type, [type]: secret } };
  await call(dev, 'PUT', `/customers/${DEMO_CUSTOMER}/connections/${provider.name}`, {}, body);
}

async function createFirstStep(dev: Dev, name: string, sandbox: Sandbox): Promise<DemoRow> {
  const before = sandbox.calls().length;
  const headers = { 'x-customer-id': DEMO_CUSTOMER, 'x-provider-name': name };
  const path = `/sequences/${emptySequence(sandbox)}/sequence_steps`;
  const answer = (await call(dev, 'POST', path, headers, { record: DEMO_RECORD })) as CreatedAnswer;
  return {
    provider: name,
    id: answer.record.id,
    calls: sandbox
      .calls()
      .slice(before)
      .map(({ method, path: native }) => `${method} ${native}`),
    warnings: answer.warnings.map(({ problem_type, source }) => `${problem_type} ${source.pointer}`),
  };
}

interface CreatedAnswer {
  readonly record: { readonly id: string };
  readonly warnings: readonly { readonly problem_type: string; readonly source: { readonly pointer: string } }[];
}

function call(
  dev: Dev,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: unknown,
): Promise<unknown> {
  const all = { ...headers, 'x-api-key': dev.apiKey, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const outgoing = request(dev.url + path, { method, headers: all }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('error', reject);
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        if ((answer.statusCode ?? 500) < 300) resolve(JSON.parse(text));
        else reject(new Error(`${method} ${path} answered ${String(answer.statusCode)}: ${text}`));
      });
    });
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify(body));
  });
}
