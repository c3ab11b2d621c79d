/** Every golden, byte for byte: what a dry run shows, what goes over the wire, and that the two are the same. */
import { expect, test } from 'vitest';
import type { ReceivedCall } from '../../src/sandbox.ts';
import {
  afterSetup,
  readChangeGoldens,
  readGoldens,
  readSequenceGoldens,
  resolvePlaceholders,
  type ChangeGolden,
  type Golden,
  type GoldenRequest,
  type GoldenSetup,
} from '../support/goldens.ts';
import type { Answer } from '../support/answer.ts';
import { CUSTOMER, writesAmong } from '../support/house.ts';
import { pathOf, type Stage } from './stage.ts';

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
    const { house, sandbox } = stage();
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
    expectPreview(stage(), preview, golden);
    expect(previewed.map(spell)).toEqual(reads);

    expect(answer.status, answer.text).toBe(201);
    expectWarnings(answer, warnings);
    const calls = sandbox.calls();
    const made = requests.filter(wasMade);
    expect(calls.map(({ method }) => method)).toEqual([
      ...reads.map(method),
      ...made.map((request) => request.method),
      ...finds.map(method),
    ]);
    const written = calls.slice(reads.length, reads.length + made.length);
    const answers = expectWritten(requests, written);
    expect(calls.slice(reads.length + made.length).map(spell)).toEqual(
      finds.map((find) => resolvePlaceholders(find, answers)),
    );
    expectHeaders(house.registry.get(name)?.headers ?? {}, preview.json as Preview, written);
  });

  const changes = readChangeGoldens(name);
  if (changes.length === 0) return;
  test.each(changes)('golden of a change: $name', async (typed) => {
    const { house } = stage();
    const { answer: preview, calls: previewed, golden } = await change(stage(), typed, true);
    const { answer, calls } = await change(stage(), typed, false);
    const { requests = [], reads = [], warnings = [], errors, failure } = golden;

    if (errors) {
      expect(refusals(answer), answer.text).toEqual(inOrder(errors));
      expect(refusals(preview), preview.text).toEqual(inOrder(errors));
      expect(preview.status).toBe(answer.status);
      expect(writesAmong([...previewed, ...calls])).toEqual([]);
      if (golden.reads) expect([previewed, calls].map((each) => each.map(spell))).toEqual([reads, reads]);
      return;
    }
    expectPreview(stage(), preview, golden);
    expect(previewed.map(spell)).toEqual(reads);

    const made = requests.filter(wasMade);
    expect(calls.map(({ method }) => method)).toEqual([...reads.map(method), ...made.map((request) => request.method)]);
    expect(calls.slice(0, reads.length).map(spell)).toEqual(reads);
    const written = calls.slice(reads.length);
    expectWritten(requests, written);
    expectHeaders(house.registry.get(name)?.headers ?? {}, preview.json as Preview, written);
    if (failure) {
      expect({ status: answer.status, errors: refusals(answer) }, answer.text).toMatchObject({
        status: failure.status,
        errors: [{ code: failure.code }],
      });
      return;
    }
    expect(answer.status, answer.text).toBe(200);
    expect((answer.json as { record?: unknown }).record).toEqual({ id: golden.step_id ?? golden.sequence_id });
    expectWarnings(answer, warnings);
  });
}

interface Changed {
  readonly answer: Answer;
  /** Those of the change, without those of its setup. */
  readonly calls: readonly ReceivedCall[];
  readonly golden: ChangeGolden;
}

/** Sets a freshly seeded sandbox up and asks for the change. */
async function change(stage: Stage, typed: ChangeGolden, dryRun: boolean): Promise<Changed> {
  const { house, sandbox, name } = stage;
  sandbox.reset();
  const answers: unknown[] = [];
  for (const request of typed.setup ?? []) answers.push(await setUp(stage, request, answers));
  const golden = afterSetup(typed, answers);
  const before = sandbox.calls().length;
  if (!dryRun) {
    for (const { method, path, status, body } of golden.forced ?? []) {
      sandbox.answerNext(
        { method, path: new RegExp(`^${path.replaceAll(/[^\w/]/g, String.raw`\$&`)}$`) },
        { status, body },
      );
    }
  }
  const { sequence_id, step_id, strict, record } = golden;
  const path = `/sequences/${sequence_id}${step_id === undefined ? '' : `/sequence_steps/${step_id}`}`;
  const answer = await house.ask(`${path}${dryRun ? '?dry_run=true' : ''}`, {
    method: 'PATCH',
    headers: headersOf(name, strict),
    body: { record },
  });
  return { answer, calls: sandbox.calls().slice(before), golden };
}

/** The answer to one request of a setup, at our door or at the provider's. */
async function setUp(stage: Stage, { at, method, ...request }: GoldenSetup, answers: readonly unknown[]) {
  const { house, name, provider, sandbox } = stage;
  const path = resolvePlaceholders(request.path, answers, 'setup');
  const body =
    request.body === undefined ? undefined : resolvePlaceholders(JSON.stringify(request.body), answers, 'setup');
  const headers = at === 'provider' ? nativeHeaders(stage) : headersOf(name);
  const sent = { method, headers, ...(body === undefined ? {} : { body }) };
  const { status, text } =
    at === 'provider'
      ? await readAnswer(await sandbox.app.request(new URL(path, provider.base_url), sent))
      : await house.ask(path, sent);
  if (status >= 300) throw new Error(`${method} ${path} was answered with ${status}: ${text}`);
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

async function readAnswer(response: Response): Promise<Pick<Answer, 'status' | 'text'>> {
  return { status: response.status, text: await response.text() };
}

function nativeHeaders({ provider, sandbox }: Stage): Record<string, string> {
  const carried = Object.entries(sandbox.credentials).flatMap(([type, value]) => {
    const carrier = provider.credentials[type as keyof typeof provider.credentials];
    return carrier ? [[carrier.header, carrier.scheme === undefined ? value : `${carrier.scheme} ${value}`]] : [];
  });
  return { 'user-agent': 'golden', ...provider.headers, ...(Object.fromEntries(carried.slice(0, 1)) as object) };
}

function headersOf(name: string, strict = false): Record<string, string> {
  return { 'x-customer-id': CUSTOMER, 'x-provider-name': name, ...(strict ? { prefer: 'handling=strict' } : {}) };
}

/** A dry run shows the golden's requests byte for byte, and its warnings. */
function expectPreview(
  stage: Stage,
  preview: Answer,
  { requests = [], warnings = [] }: Pick<Golden, 'requests' | 'warnings'>,
): void {
  expect(preview.status, preview.text).toBe(200);
  const shown = preview.json as Preview;
  expect(
    shown.requests.map((request) => ({ ...request, url: pathOf(stage, request.url) })).map(withoutHeaders),
  ).toEqual(requests.map(toPreviewed));
  expect(shown.requests.map(({ body }) => JSON.stringify(body))).toEqual(
    requests.map(({ body }) => JSON.stringify(body)),
  );
  expect(sorted(shown.warnings)).toEqual(sortedGolden(warnings));
}

function expectWarnings(answer: Answer, warnings: NonNullable<Golden['warnings']>): void {
  expect(sorted((answer.json as Preview).warnings)).toEqual(sortedGolden(warnings));
  expect(answer.headers.get('x-warning-count')).toBe(String(warnings.length));
}

/** The calls are the golden's, byte for byte; gives the answers by the index of their request in the golden. */
function expectWritten(requests: readonly GoldenRequest[], written: readonly ReceivedCall[]): readonly unknown[] {
  const made = requests.filter(wasMade);
  const answers = answersByRequest(requests, made, written);
  expect(written.map(({ path }) => path)).toEqual(made.map(({ path }) => resolvePlaceholders(path, answers)));
  expect(written.map(({ body }) => body)).toEqual(made.map(({ body }) => wireBody(body, answers)));
  return answers;
}

const wasMade = ({ conditional, made }: GoldenRequest): boolean => conditional !== true || made === true;

function send({ house, name }: Stage, { sequence_id, strict, record }: Golden, dryRun: boolean): Promise<Answer> {
  const path = sequence_id === undefined ? '/sequences' : `/sequences/${sequence_id}/sequence_steps`;
  return house.ask(`${path}${dryRun ? '?dry_run=true' : ''}`, {
    method: 'POST',
    headers: headersOf(name, strict),
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
