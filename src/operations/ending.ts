/** What becomes of an operation that ended with an error. */
import { isRetriable, statusOf, type ProblemCode, type ProblemError } from '../model/problem.ts';

/**
 * `nothing`: nothing was sent, and nothing is kept. `discard`: it is proved that nothing was done, so that the same request
 * can be sent again with the same key. `close`: this is the answer, and stays it. `open`: something exists, or may; it is
 * gone on with by a repeat or a resume.
 */
export type Ending = 'nothing' | 'discard' | 'close' | 'open';

/** Everything was carried out; going on would not tell more. */
const WHOLE: ReadonlySet<ProblemCode> = new Set(['PROVIDER_CHANGED_MORE', 'STEP_ID_AMBIGUOUS']);

/** @param traces whether the journal has a call that was carried out, or may have been, whatever this error says. */
export function endingOf(error: ProblemError, sent: boolean, traces: boolean): Ending {
  const { problems } = error;
  if (problems.some(({ code }) => WHOLE.has(code))) return 'close';
  const isOpen = problems.some(
    ({ outcome, created = [], changed = [] }) => outcome !== undefined || created.length + changed.length > 0,
  );
  if (isOpen || traces) return 'open';
  if (!sent) return 'nothing';
  return passes(error) ? 'discard' : 'close';
}

/** The account or the time was wrong, not the request: it is mended elsewhere, and then the request is right. */
export function passes({ problems }: ProblemError): boolean {
  return problems.some((problem) => isRetriable(problem) || PASSING.has(statusOf(problem)));
}

const PASSING: ReadonlySet<number> = new Set([402, 409, 424, 429, 500, 502, 503, 504]);
