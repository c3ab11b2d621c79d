/** The real write phase: calls go out in order, and what they made is remembered for the moment that one fails. */
import type { Send, SendOptions } from '../model/calls.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError, type Created, type Problem } from '../model/problem.ts';
import type { Upstream } from './ports.ts';
import { sendWith, toCall } from './rehearse.ts';

export interface Writing {
  readonly send: Send;
  /** What the provider has been made to hold so far. */
  readonly created: readonly Created[];
  /** What was there before and has been changed so far. */
  readonly changed: readonly Created[];
  /** Whether the provider has said that what was asked for is so already. */
  already(): boolean;
}

/** A send that writes. Every failure carries `created`, so that nothing is left behind untold. */
export function writeWith(provider: NamedProvider, upstream: Upstream): Writing {
  const created: Created[] = [];
  const changed: Created[] = [];
  let already = false;
  let begun = false;
  const send = sendWith(async (method, path, options) => {
    try {
      const answer = await upstream.call(toCall(method, path, options).call, options.response, begun);
      begun ||= method !== 'GET';
      const id = options.creates?.id(answer);
      if (options.creates && id !== undefined) created.push({ kind: options.creates.kind, id: String(id) });
      if (options.changes) changed.push({ kind: options.changes.kind, id: String(options.changes.id) });
      return answer;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (options.already && error.problems.some(({ detail }) => options.already?.test(detail))) {
        already = true;
        return options.sample;
      }
      throw tell(error, { created, changed }, provider, options);
    }
  });
  return { send, created, changed, already: () => already };
}

function tell<T>(
  error: ProblemError,
  { created, changed }: Pick<Writing, 'created' | 'changed'>,
  provider: NamedProvider,
  options: SendOptions<T>,
): ProblemError {
  const done = {
    ...(created.length > 0 ? { created: [...created] } : {}),
    ...(changed.length > 0 ? { changed: [...changed] } : {}),
  };
  const problems = error.problems.map((problem): Problem => {
    return { ...(options.switches_on ? leftOff(problem, provider) : problem), ...done };
  });
  return new ProblemError(problems, { cause: error });
}

function leftOff(problem: Problem, provider: NamedProvider): Problem {
  const detail = `The step exists in ${provider.title} but may be off, because switching it on failed: ${problem.detail}`;
  return { ...problem, code: 'STEP_LEFT_OFF', detail, outcome: 'created' };
}
