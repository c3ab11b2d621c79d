/** Mistakes in what is counted: a figure that is wrong is worse than none. */
import type { Mutant } from './mutants.ts';

type Mistake = readonly [name: string, file: string, find: string, replace: string, pattern: string];

const MISTAKES: readonly Mistake[] = [
  [
    'A strange method is a label of its own',
    'src/metrics/metrics.ts',
    'METHODS.has(method) ? method : UNKNOWN',
    'method',
    'add no series',
  ],
  [
    'A path that is not there is a label of its own',
    'src/http/answering.ts',
    'metrics.request(name, ',
    "metrics.request(name === 'unknown' ? c.req.path : name, ",
    'add no series',
  ],
  [
    'What is refused before its handler has no route',
    'src/http/answering.ts',
    'metrics.request(name, ',
    "metrics.request(response.status === 401 ? 'undocumented' : name, ",
    'refused before their handler',
  ],
  [
    'A bucket does not hold those before it',
    'src/metrics/exposition.ts',
    'below += count;',
    'below = count;',
    'histograms',
  ],
  [
    'Milliseconds are told as seconds',
    'src/metrics/metrics.ts',
    'return Math.max(0, milliseconds) / 1000;',
    'return Math.max(0, milliseconds);',
    'histograms',
  ],
  [
    'A value on a bound is counted above it',
    'src/metrics/tally.ts',
    'while (value > (bounds[index] ?? Infinity))',
    'while (value >= (bounds[index] ?? Infinity))',
    'histograms',
  ],
  [
    'A call that fails is not counted',
    'src/upstream/dispatch-whole.ts',
    'this.ended(failure.kind);',
    '',
    'what is not answered',
  ],
  [
    'A 429 is any refusal',
    'src/upstream/watch.ts',
    "status === 429 ? '429' :",
    "status === 0 ? '429' :",
    'what is repeated',
  ],
  [
    'The first attempt is a repetition',
    'src/limits/retries.ts',
    'let last = judge(first);',
    'let last = judge(first);\n  retried?.();',
    'what is repeated',
  ],
  ['A circuit opens unseen', 'src/limits/circuit.ts', 'breaker.onBreak(opened);', '', 'circuits'],
  [
    'Only the first problem is counted',
    'src/http/problem-response.ts',
    'for (const problem of problemsOf(error)) metrics.problem',
    'for (const problem of problemsOf(error).slice(0, 1)) metrics.problem',
    'every problem',
  ],
  [
    'An unknown outcome goes by what happened',
    'src/http/problem-response.ts',
    'metrics.problem(codeOf(problem), originOf(problem))',
    'metrics.problem(problem.code, originOf(problem))',
    'not known',
  ],
  [
    'The records of a batch fail unseen',
    'src/http/write.ts',
    'countProblems(this.gateway.metrics, error);',
    '',
    'of a batch',
  ],
  ['Who has his turn waits for it', 'src/operations/turns.ts', 'let all = 0;', 'let all = lines.size;', 'who waits'],
  [
    'Everybody may scrape from everywhere',
    'src/http/caller.ts',
    "const OPEN = new Set(['/healthz', '/readyz']);",
    "const OPEN = new Set(['/healthz', '/readyz', '/metrics']);",
    'any key',
  ],
  [
    'A series begins with its first alarm',
    'src/metrics/metrics.ts',
    'for (const [code, origin] of ALARMING) problems.begin(code, origin);',
    '',
    'not known',
  ],
];

export const METRICS_MUTANTS: readonly Mutant[] = MISTAKES.map(([name, file, find, replace, pattern]) => ({
  name,
  file,
  find,
  replace,
  where: { tests: ['test/http/metrics.test.ts', 'test/http/metrics-calls.test.ts'], pattern },
}));
