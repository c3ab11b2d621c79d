/** Every golden, byte for byte: what a dry run shows, what goes over the wire, and that the two are the same. */
import { expect, test } from 'vitest';
import type { ReceivedCall } from '../../src/sandbox.ts';
import {
  readGoldens,
  readSequenceGoldens,
  resolvePlaceholders,
  type Golden,
  type GoldenRequest,
} from '../support/goldens.ts';
import { CUSTOMER, type Answer } from '../support/house.ts';
import type { Stage } from './stage.ts';

interface Preview {
  readonly requests: readonly {
    readonly method: string;
    readonly url: string;
    readonly headers: Record<string, string>;
    readonly body?: unknown;
    readonly when?: string;
  }[];
  readonly warnings: readonly Warning[];
}

interface Warning {
  readonly problem_type: string;
  readonly source: { readonly pointer: string };
}

export function goldenTests(stage: () => Stage, name: string): void {
  test.each([...readGoldens(name), ...readSequenceGoldens(name)])('golden: $name', async (golden) => {
    const { house, sandbox, provider } = stage();
    sandbox.reset();
    const preview = await send(stage(), golden, true);
    const previewed = sandbox.calls();
    sandbox.reset();
    const answer = await send(stage(), golden, false);

    if (golden.errors) {
      expect(refusals(answer), answer.text).toEqual(inOrder(golden.errors));
      expect(refusals(preview)).toEqual(inOrder(golden.errors));
      expect(sandbox.calls().map(spell)).toEqual(golden.reads);
      return;
    }
    const { requests = [], reads, finds = [], warnings = [] } = golden;
    expect(preview.status, preview.text).toBe(200);
    const shown = preview.json as Preview;
    const { origin } = new URL(provider.base_url);
    expect(
      shown.requests.map((request) => ({ ...request, url: request.url.replace(origin, '') })).map(withoutHeaders),
    ).toEqual(requests.map(toPreviewed));
    expect(shown.requests.map(({ body }) => JSON.stringify(body))).toEqual(
      requests.map(({ body }) => JSON.stringify(body)),
    );
    expect(sorted(shown.warnings)).toEqual(sortedGolden(warnings));
    expect(previewed.map(spell)).toEqual(reads);

    expect(answer.status, answer.text).toBe(201);
    expect(sorted((answer.json as Preview).warnings)).toEqual(sortedGolden(warnings));
    expect(answer.headers.get('x-warning-count')).toBe(String(warnings.length));
    const calls = sandbox.calls();
    const made = requests.filter(({ conditional, made: really }) => conditional !== true || really === true);
    expect(calls.map(({ method }) => method)).toEqual([
      ...reads.map(method),
      ...made.map((request) => request.method),
      ...finds.map(method),
    ]);
    const written = calls.slice(reads.length, reads.length + made.length);
    const answers = answersByRequest(requests, made, written);
    expect(written.map(({ path }) => path)).toEqual(made.map(({ path }) => resolvePlaceholders(path, answers)));
    expect(written.map(({ body }) => body)).toEqual(made.map(({ body }) => wireBody(body, answers)));
    expect(calls.slice(reads.length + made.length).map(spell)).toEqual(
      finds.map((find) => resolvePlaceholders(find, answers)),
    );
    expectHeaders(house.registry.get(name)?.headers ?? {}, shown, written);
  });
}

function send({ house, name }: Stage, { sequence_id, strict, record }: Golden, dryRun: boolean): Promise<Answer> {
  const path = sequence_id === undefined ? '/sequences' : `/sequences/${sequence_id}/sequence_steps`;
  return house.ask(`${path}${dryRun ? '?dry_run=true' : ''}`, {
    method: 'POST',
    headers: { 'x-customer-id': CUSTOMER, 'x-provider-name': name, ...(strict ? { prefer: 'handling=strict' } : {}) },
    body: { record },
  });
}

function wireBody(body: unknown, answers: readonly unknown[]): string {
  return body === undefined ? '' : resolvePlaceholders(JSON.stringify(body), answers);
}

/** The answers by the index of their request in the golden; conditional calls that were not made have none. */
function answersByRequest(
  all: readonly GoldenRequest[],
  made: readonly GoldenRequest[],
  calls: readonly ReceivedCall[],
): readonly unknown[] {
  return all.map((request) => {
    const { answer = '' } = calls[made.indexOf(request)] ?? {};
    return answer === '' ? undefined : (JSON.parse(answer) as unknown);
  });
}

/** A dry run shows the headers of the wire; only the credentials are hidden. */
function expectHeaders(
  declared: Readonly<Record<string, string>>,
  { requests }: Preview,
  calls: readonly ReceivedCall[],
): void {
  for (const { headers } of calls) expect(headers).toMatchObject(declared);
  for (const { headers } of requests) {
    const [wire] = calls;
    for (const [header, value] of Object.entries(headers)) {
      if (value.includes('***')) expect(wire?.headers[header]).toMatch(new RegExp(`^${value.replace('***', '\\S+')}$`));
      else expect(wire?.headers[header]).toBe(value);
    }
  }
}

function withoutHeaders({ method, url, body, when }: Preview['requests'][number]) {
  return { method, url, body, conditional: when !== undefined };
}

function toPreviewed({ method, path, body, conditional }: GoldenRequest) {
  return { method, url: path, body, conditional: conditional === true };
}

function spell({ method, path }: ReceivedCall): string {
  return `${method} ${path}`;
}

function method(call: string): string {
  return call.split(' ')[0] ?? '';
}

function refusals(answer: Answer) {
  const { errors = [] } = (answer.json ?? {}) as { errors?: { code: string; source?: { pointer?: string } }[] };
  return inOrder(
    errors.map(({ code, source }) => ({ code, ...(source?.pointer === undefined ? {} : { pointer: source.pointer }) })),
  );
}

function inOrder(errors: NonNullable<Golden['errors']>) {
  return errors.toSorted((a, b) => `${a.code} ${a.pointer ?? ''}`.localeCompare(`${b.code} ${b.pointer ?? ''}`));
}

function sorted(warnings: readonly Warning[]) {
  return warnings.map(({ problem_type, source }) => `${problem_type} ${source.pointer}`).toSorted();
}

function sortedGolden(warnings: NonNullable<Golden['warnings']>) {
  return warnings.map(({ problem_type, pointer }) => `${problem_type} ${pointer}`).toSorted();
}
