/** What is asked and what goes wrong, drawn from one seed. */
import type { Fault } from '../../src/sandbox.ts';
import type { Account, Loaded } from './accounts.ts';

export type Random = () => number;

/** mulberry32 */
export function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Place {
  readonly account: Account;
  /** Sequences that take steps. */
  readonly sequences: Readonly<Record<'apollo' | 'outreach', readonly string[]>>;
}

export interface Job {
  readonly place: Place;
  readonly provider: Loaded;
  readonly path: string;
  readonly body: object;
  /** In every step that it makes. */
  readonly mark: string;
  readonly steps: number;
}

export const MARK = /mark-\d+-/;

const call = (mark: string) => ({ type: 'call', name: 'Call', interval_seconds: 86_400, task_note: `Ask ${mark}` });
const email = (mark: string) => ({
  type: 'auto_email',
  interval_seconds: 86_400,
  template: { subject: `Hi ${mark}`, body: `<p>Hi ${mark}</p>` },
});
const steps = (mark: string) => [call(mark), email(mark), call(mark)];

type Shape = (place: Place, mark: string, random: Random) => Omit<Job, 'place' | 'mark'>;

const into =
  (provider: 'apollo' | 'outreach', make: (mark: string) => object): Shape =>
  ({ sequences }, mark, random) => ({
    provider,
    path: `/sequences/${pick(sequences[provider], random)}/sequence_steps`,
    body: { record: make(mark) },
    steps: 1,
  });
const batch =
  (provider: 'apollo' | 'outreach'): Shape =>
  ({ sequences }, mark, random) => ({
    provider,
    path: `/sequences/${pick(sequences[provider], random)}/sequence_steps/_batch`,
    body: { records: steps(mark) },
    steps: 3,
  });
const whole =
  (provider: Loaded): Shape =>
  (_place, mark) => ({
    provider,
    path: '/sequences',
    body: { record: { name: `Load ${mark}`, steps: steps(mark) } },
    steps: 3,
  });

/** Of a hundred requests. Apollo takes one write at a time for each account. */
const SHAPES: readonly (readonly [number, Shape])[] = [
  [46, into('outreach', call)],
  [12, into('outreach', email)],
  [3, batch('outreach')],
  [3, whole('outreach')],
  [22, whole('salesloft')],
  [9, into('apollo', call)],
  [3, into('apollo', email)],
  [1, batch('apollo')],
  [1, whole('apollo')],
];

export function draw(place: Place, number: number, random: Random): Job {
  let left = random() * 100;
  const [, shape] = SHAPES.find(([weight]) => (left -= weight) < 0) ?? pick(SHAPES, random);
  const mark = `mark-${number}-`;
  return { place, mark, ...shape(place, mark, random) };
}

const FAULTS: readonly Fault[] = [
  { kind: 'answer', at: 'before_commit', status: 429, headers: { 'retry-after': '1' }, body: {} },
  { kind: 'refusal', at: 'before_commit', name: 'server_error' },
  { kind: 'refusal', at: 'after_commit', name: 'server_error' },
  { kind: 'reset', at: 'before_commit' },
  { kind: 'reset', at: 'after_commit' },
  { kind: 'html', at: 'before_commit' },
  { kind: 'html', at: 'after_commit' },
  { kind: 'wrong_type', at: 'after_commit' },
  { kind: 'truncated' },
  { kind: 'delay', at: 'before_commit', ms: 500 },
  { kind: 'delay', at: 'after_commit', ms: 500 },
];

/** Strikes one of the calls to come, whatever it is. */
export function addFault({ place, provider }: Job, random: Random): void {
  place.account.sandboxes[provider].addFault({ fault: pick(FAULTS, random), nth: 1 + Math.floor(random() * 4) });
}

export function pick<T>(all: readonly T[], random: Random): T {
  const found = all[Math.floor(random() * all.length)];
  if (found === undefined) throw new Error('There is nothing to pick from.');
  return found;
}
