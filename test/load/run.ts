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
import { LOADED, openAccounts } from './accounts.ts';
import { openClient, type Told } from './client.ts';
import { judge } from './judge.ts';
import { addFault, draw, pick, seeded, type Place } from './mix.ts';

const { values: given } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    rate: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    grace: { type: 'string', default: '5' },
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

const folder = mkdtempSync(join(tmpdir(), 'stepgate-load-'));
const accounts = await openAccounts();
const gateway = stepgate(['serve'], {
  PORT: '0',
  STEPGATE_API_KEY: API_KEY,
  STEPGATE_ENCRYPTION_KEYS: newKeyRing(),
  STEPGATE_DATABASE: join(folder, 'stepgate.db'),
  STEPGATE_SETTLE_GRACE_SECONDS: String(grace),
  STEPGATE_ALLOW_PRIVATE_UPSTREAMS: 'true',
  ...Object.fromEntries(LOADED.map((name) => [`STEPGATE_BASE_URL_${name.toUpperCase()}`, accounts.baseUrls[name]])),
});
const [, url = ''] = await gateway.printed(/"url":"([^"]+)"/);
const client = openClient(() => url, API_KEY, 1);
const random = seeded(seed);

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
    running.push(client.perform(job, () => end + DRAIN_MS));
  }
  await sleep(5);
}
const sent = (performance.now() - begin) / 1000;
await next;
for (const { sandboxes } of accounts.all) for (const sandbox of Object.values(sandboxes)) sandbox.clearFaults();
const told = await Promise.all(running);

const open = new Set(await client.openOperations());
const unknownCalls = await client.callsUnknown(open);
const { code, stderr } = await gateway.stop('SIGTERM');
const verdict = judge(accounts.all, told, open);
const { doubled, lost, untold, refused, unfinished } = verdict;
console.log(report());
const unforeseen = stderr.match(/.*(?:unforeseen|"level":50).*/g) ?? [];
for (const line of unforeseen.slice(0, 5)) console.log(line);
for (const { job, status, text } of [...doubled, ...lost, ...unfinished].slice(0, 10))
  console.log(job.provider, job.path, status, text.slice(0, 600));
await accounts.close();
rmSync(folder, { recursive: true });
const isSound =
  doubled.length + lost.length + untold.length + unforeseen.length === 0 &&
  // Apollo: where a write that was not carried out has lost its position to a later one.
  refused.length < told.length / 200 &&
  verdict.stepsUnmarked >= 0 &&
  verdict.stepsUnmarked <= unknownCalls &&
  code === 0;
process.exit(isSound ? 0 : 1);

async function newPlaces(): Promise<readonly Place[]> {
  return Promise.all(Array.from({ length: CUSTOMERS_AT_ONCE }, () => client.settle(accounts, accounts.open())));
}

function report(): string {
  const sorted = client.answered.toSorted((one, other) => one - other);
  const at = (part: number): string => `${Math.round(sorted[Math.floor(sorted.length * part)] ?? 0)} ms`;
  const rows: readonly (readonly [string, string | number])[] = [
    ['requests', `${told.length} in ${Math.round(sent)} s (${Math.round(told.length / sent)}/s)`],
    ['faults', faults],
    ['successes', told.length - unfinished.length],
    ['repeats', verdict.repeats],
    ['told as unknown at the end', verdict.unknown],
    ['listed by GET /operations', open.size],
    ['refused', refused.length],
    ['steps in the sandboxes', verdict.stepsInSandboxes],
    ['steps told', verdict.stepsTold],
    ['steps of what is listed, with its mark and without', `${verdict.stepsListed}, ${verdict.stepsUnmarked}`],
    ['calls that are listed as unknown', unknownCalls],
    ['p50, p99 of an answer', `${at(0.5)}, ${at(0.99)}`],
    ['doubled', doubled.length],
    ['lost', lost.length],
    ['untold', untold.length],
  ];
  return ['| what | number |', '| --- | --- |', ...rows.map(([what, number]) => `| ${what} | ${number} |`)].join('\n');
}
