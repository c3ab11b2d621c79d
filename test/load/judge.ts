/** What was told, beside what the sandboxes hold. */
import { countSteps, stepsByMark, type Account } from './accounts.ts';
import type { Told } from './client.ts';
import { MARK } from './mix.ts';

export interface Verdict {
  readonly doubled: readonly Told[];
  readonly lost: readonly Told[];
  readonly untold: readonly Told[];
  readonly refused: readonly Told[];
  readonly unfinished: readonly Told[];
  /** What nobody knows at the end, by status and code. */
  readonly unknown: string;
  readonly repeats: number;
  readonly stepsTold: number;
  /** Of what is listed, with its mark. */
  readonly stepsListed: number;
  readonly stepsInSandboxes: number;
  /** The mark of an email is in its template, so that a step whose link is not made yet has none. */
  readonly stepsUnmarked: number;
}

/** @param listed the operations that are not finished */
export function judge(accounts: readonly Account[], all: readonly Told[], listed: ReadonlySet<string>): Verdict {
  const found = new Map(accounts.flatMap((account) => [...stepsByMark(account, MARK)]));
  const held = ({ job }: Told): number => found.get(job.mark) ?? 0;
  const isListed = (each: Told): boolean => listed.has(operationOf(each));
  const unfinished = all.filter(({ outcome }) => outcome !== 'success');
  const sum = (some: readonly Told[], of: (each: Told) => number): number =>
    some.reduce((total, each) => total + of(each), 0);
  const stepsTold = sum(all, toldSteps);
  const stepsListed = sum(unfinished.filter(isListed), (each) => held(each) - toldSteps(each));
  const stepsInSandboxes = accounts.reduce(
    (total, { sandboxes, seeded: first }) => total + countSteps(sandboxes) - first,
    0,
  );
  return {
    doubled: all.filter((each) => held(each) > each.job.steps),
    lost: all.filter((each) => held(each) < toldSteps(each)),
    untold: unfinished.filter((each) => held(each) > toldSteps(each) && !isListed(each)),
    refused: all.filter(({ outcome }) => outcome === 'refused'),
    unfinished,
    unknown: countBy(all.filter(({ outcome }) => outcome === 'unknown')),
    repeats: sum(all, ({ repeats }) => repeats),
    stepsTold,
    stepsListed,
    stepsInSandboxes,
    stepsUnmarked: stepsInSandboxes - stepsTold - stepsListed,
  };
}

/** Empty where the answer names none. */
export function operationOf({ text }: Pick<Told, 'text'>): string {
  return /"operation_id":"([^"]+)"/.exec(text)?.[1] ?? '';
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
