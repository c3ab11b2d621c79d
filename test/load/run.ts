/**
 * `npm run load [-- --seconds 20 --rate 200 --seed 1 --grace 5]`: `stepgate serve` under writes with idempotency keys from many
 * customers, while a call of one request in twenty goes wrong. Clients repeat until they are told. In the end every step that
 * was told is in a sandbox once, and nothing else but what `GET /operations` lists.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { newKeyRing } from '../../src/connections/vault.ts';
import { stepgate } from '../support/process.ts';
import { countSteps, LOADED, openAccounts, stepsByMark, type Account } from './accounts.ts';
import { addFault, draw, MARK, pick, seeded, type Job, type Place } from './mix.ts';

const { values: given } = parseArgs({
  options: {
    ...{ seconds: { type: 'string', default: '300' }, rate: { type: 'string', default: '200' } },
    ...{ seed: { type: 'string', default: '1' }, grace: { type: 'string', default: '5' } },
  },
});
const [seconds, rate, seed, grace] = [given.seconds, given.rate, given.seed, given.grace].map(Number) as [
  number,
  number,
  number,
  number,
];
const FAULTY = 0.05;
const CUSTOMERS_AT_ONCE = 16;
/** Then come new ones. */
const GENERATION_SECONDS = 30;
/** How long clients go on repeating when no new requests come. */
const DRAIN_MS = (grace + 60) * 1000;
const API_KEY = 'sg_load_0123456789abcdefghij';

interface Told {
  readonly job: Job;
  readonly outcome: 'success' | 'unknown' | 'refused';
  readonly status: number;
  readonly repeats: number;
  readonly text: string;
}

const folder = mkdtempSync(join(tmpdir(), 'stepgate-load-'));
const accounts = await openAccounts();
const gateway = stepgate(['serve'], {
  ...{ PORT: '0', STEPGATE_API_KEY: API_KEY, STEPGATE_ENCRYPTION_KEYS: newKeyRing() },
  ...{ STEPGATE_DATABASE: join(folder, 'stepgate.db'), STEPGATE_SETTLE_GRACE_SECONDS: String(grace) },
  ...Object.fromEntries(LOADED.map((name) => [`STEPGATE_BASE_URL_${name.toUpperCase()}`, accounts.baseUrls[name]])),
});
const [, url = ''] = await gateway.printed(/"url":"([^"]+)"/);
const random = seeded(seed);
const answered: number[] = [];

let places = await newPlaces();
let next = newPlaces();
const begin = performance.now();
const end = begin + seconds * 1000;
let since = begin;
const running: Promise<Told>[] = [];
const slow = { behind: 0 };
let faults = 0;
while (performance.now() < end) {
  if (performance.now() - since > GENERATION_SECONDS * 1000) {
    places = await next;
    since = performance.now();
    next = newPlaces();
  }
  const due = Math.floor(((performance.now() - begin) / 1000) * rate);
  slow.behind = Math.max(slow.behind, due - running.length);
  while (running.length < due) {
    const job = draw(pick(places, random), running.length, random);
    if (random() < FAULTY) {
      addFault(job, random);
      faults += 1;
    }
    running.push(perform(job));
  }
  await sleep(5);
}
const sent = (performance.now() - begin) / 1000;
await next;
for (const { sandboxes } of accounts.all) for (const sandbox of Object.values(sandboxes)) sandbox.clearFaults();
const told = await Promise.all(running);

const open = new Set(await openOperations());
const unknownCalls = await callsUnknown(open);
const { code, stderr } = await gateway.stop('SIGTERM');
const verdict = judge(told, open);
console.log(report());
const unforeseen = stderr.match(/.*(?:unforeseen|"level":50).*/g) ?? [];
for (const line of unforeseen.slice(0, 5)) console.log(line);
for (const { job, status, text } of verdict.wrong.slice(0, 10))
  console.log(job.provider, job.path, status, text.slice(0, 600));
await accounts.close();
rmSync(folder, { recursive: true });
const isSound =
  verdict.doubled + verdict.lost + verdict.untold + unforeseen.length === 0 &&
  // Apollo: where a write that was not carried out has lost its position to a later one.
  verdict.refused < told.length / 200 &&
  verdict.stepsUnmarked >= 0 &&
  verdict.stepsUnmarked <= unknownCalls &&
  code === 0;
process.exit(isSound ? 0 : 1);

async function newPlaces(): Promise<readonly Place[]> {
  return Promise.all(Array.from({ length: CUSTOMERS_AT_ONCE }, () => newPlace(accounts.open())));
}

async function newPlace(account: Account): Promise<Place> {
  const { customer } = account;
  for (const provider of LOADED) {
    const path = `/customers/${customer}/connections/${provider}`;
    const body = { credentials: accounts.credentials(account, provider) };
    await prepared(() => ask(path, { method: 'PUT', headers: {}, body }));
  }
  const made = async (provider: 'apollo' | 'outreach', name: string): Promise<string> => {
    const headers = { 'x-customer-id': customer, 'x-provider-name': provider, 'idempotency-key': name };
    const answer = await prepared(() => ask('/sequences', { method: 'POST', headers, body: { record: { name } } }));
    return (answer.json as { readonly record: { readonly id: string } }).record.id;
  };
  const several = async (provider: 'apollo' | 'outreach', count: number): Promise<readonly string[]> => {
    const ids: string[] = [];
    for (let number = 0; number < count; number += 1) ids.push(await made(provider, `Load ${number}`));
    return ids;
  };
  return { account, sequences: { outreach: await several('outreach', 4), apollo: await several('apollo', 2) } };
}

/** Asks until it is told, as a good client does. */
async function perform(job: Job): Promise<Told> {
  const { place, provider, path, body, mark } = job;
  const headers = { 'x-customer-id': place.account.customer, 'x-provider-name': provider, 'idempotency-key': mark };
  for (let repeats = 0; ; repeats += 1) {
    const at = performance.now();
    const answer = await ask(path, { method: 'POST', headers, body });
    answered.push(performance.now() - at);
    const { status, text, retryAfter } = answer;
    if (isSuccess(answer)) return { job, outcome: 'success', status, repeats, text };
    const isRefused = [400, 401, 404, 413, 415, 422, 424, 501].includes(status);
    if (isRefused) return { job, outcome: 'refused', status, repeats, text };
    if (performance.now() > end + DRAIN_MS) return { job, outcome: 'unknown', status, repeats, text };
    await sleep((retryAfter ?? 1) * 1000);
  }
}

interface Heard {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
  readonly retryAfter?: number;
}

async function ask(
  path: string,
  { method, headers, body }: { readonly method: string; readonly headers: object; readonly body?: object },
): Promise<Heard> {
  const all = { 'x-api-key': API_KEY, 'content-type': 'application/json', ...headers };
  try {
    const response = await fetch(url + path, { method, headers: all, body: body ? JSON.stringify(body) : null });
    const text = await response.text();
    const after = response.headers.get('retry-after');
    return {
      ...{ status: response.status, text, json: text === '' ? undefined : (JSON.parse(text) as unknown) },
      ...(after === null ? {} : { retryAfter: Number(after) }),
    };
  } catch (error) {
    return { status: 0, text: `${String(error)} ${String((error as Error).cause)}`, json: undefined };
  }
}

/** On a busy machine a kept connection may be closed at the moment in which it is used: what is unknown then is settled by a repeat. */
async function prepared(send: () => Promise<Heard>): Promise<Heard> {
  let answer = await send();
  for (let left = 30; left > 0 && ![200, 201, 204].includes(answer.status); left -= 1) {
    await sleep((answer.retryAfter ?? 1) * 1000);
    answer = await send();
  }
  expectOk(answer);
  return answer;
}

function expectOk({ status, text }: Heard): void {
  if (status < 200 || status > 299) throw new Error(`${status} ${text}`);
}

/** In a batch each record has its own status. */
function isSuccess({ status, json }: Heard): boolean {
  if (status < 200 || status > 299) return false;
  const { results } = (json ?? {}) as { readonly results?: readonly { readonly status: number | null }[] };
  return results?.every((result) => result.status === 201) ?? true;
}

async function openOperations(): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const answer = await ask(`/operations${cursor === '' ? '' : `?cursor=${cursor}`}`, { method: 'GET', headers: {} });
    expectOk(answer);
    const page = answer.json as {
      readonly records: readonly { readonly id: string }[];
      readonly pagination: { readonly next: string | null };
    };
    ids.push(...page.records.map(({ id }) => id));
    cursor = page.pagination.next;
  }
  return ids;
}

/** How many calls there are of which the journal says that nobody knows what came of them. */
async function callsUnknown(ids: Iterable<string>): Promise<number> {
  let count = 0;
  for (const id of ids) {
    const { json } = await ask(`/operations/${id}`, { method: 'GET', headers: {} });
    const { calls } = json as { readonly calls: readonly { readonly state: string }[] };
    count += calls.filter(({ state }) => state === 'unknown' || state === 'intended').length;
  }
  return count;
}

function judge(all: readonly Told[], listed: ReadonlySet<string>) {
  const found = new Map(accounts.all.flatMap((account) => [...stepsByMark(account, MARK)]));
  const held = ({ job }: Told): number => found.get(job.mark) ?? 0;
  const isListed = ({ text }: Told): boolean => {
    const [, id = ''] = /"operation_id":"([^"]+)"/.exec(text) ?? [];
    return listed.has(id);
  };
  const doubled = all.filter((each) => held(each) > each.job.steps);
  const lost = all.filter((each) => held(each) < toldSteps(each));
  const unfinished = all.filter(({ outcome }) => outcome !== 'success');
  const untold = unfinished.filter((each) => held(each) > toldSteps(each) && !isListed(each));
  const refused = all.filter(({ outcome }) => outcome === 'refused');
  const sum = (some: readonly Told[], of: (each: Told) => number): number =>
    some.reduce((total, each) => total + of(each), 0);
  const stepsTold = sum(all, toldSteps);
  const stepsListed = sum(unfinished.filter(isListed), (each) => held(each) - toldSteps(each));
  const stepsInSandboxes = accounts.all.reduce(
    (total, { sandboxes, seeded: first }) => total + countSteps(sandboxes) - first,
    0,
  );
  return {
    ...{ doubled: doubled.length, lost: lost.length, untold: untold.length, refused: refused.length },
    successes: all.length - unfinished.length,
    unknown: countBy(all.filter(({ outcome }) => outcome === 'unknown')),
    repeats: sum(all, ({ repeats }) => repeats),
    ...{ stepsTold, stepsListed, stepsInSandboxes },
    // The mark of an email is in its template, so that a step whose link is not made yet has none.
    stepsUnmarked: stepsInSandboxes - stepsTold - stepsListed,
    wrong: [...doubled, ...lost, ...unfinished],
  };
}

/** Of a batch of which a record was refused, the others are told. */
function toldSteps({ outcome, job, status, text }: Told): number {
  if (outcome === 'success') return job.steps;
  if (status !== 200) return 0;
  const { results = [] } = JSON.parse(text) as { readonly results?: readonly { readonly status: number | null }[] };
  return results.filter((result) => result.status === 201).length;
}

function countBy(some: readonly Told[]): string {
  const counts = new Map<string, number>();
  for (const { status, text } of some) {
    const [, code = ''] = /"code":"([A-Z_]+)"/.exec(text) ?? [];
    counts.set(`${status} ${code}`, (counts.get(`${status} ${code}`) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => `${count} x ${what}`).join(', ') || '0';
}

function report(): string {
  const sorted = answered.toSorted((one, other) => one - other);
  const at = (part: number): string => `${Math.round(sorted[Math.floor(sorted.length * part)] ?? 0)} ms`;
  const rows: readonly (readonly [string, string | number])[] = [
    ['requests', `${told.length} in ${Math.round(sent)} s (${Math.round(told.length / sent)}/s)`],
    ['faults', faults],
    ['successes', verdict.successes],
    ['repeats', verdict.repeats],
    ['told as unknown at the end', verdict.unknown],
    ['listed by GET /operations', open.size],
    ['refused', verdict.refused],
    ['steps in the sandboxes', verdict.stepsInSandboxes],
    ['steps told', verdict.stepsTold],
    ['steps of what is listed, with its mark and without', `${verdict.stepsListed}, ${verdict.stepsUnmarked}`],
    ['calls that are listed as unknown', unknownCalls],
    ['p50, p99 of an answer', `${at(0.5)}, ${at(0.99)}`],
    ['doubled', verdict.doubled],
    ['lost', verdict.lost],
    ['untold', verdict.untold],
  ];
  return ['| what | number |', '| --- | --- |', ...rows.map(([what, number]) => `| ${what} | ${number} |`)].join('\n');
}
