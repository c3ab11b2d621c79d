/**
 * The real write phase: calls go out in order, each one noted before and after, so that it is known what exists when one
 * fails, and that the same operation can go on later where it ended.
 */
import { z } from 'zod';
import type { Segment, Send, SendOptions } from '../model/calls.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError, type Created, type Problem } from '../model/problem.ts';
import type { Call, Clock, Journal, Upstream } from './ports.ts';
import { sendWith, toCall } from './rehearse.ts';
import { settleUnknown } from './settle-unknown.ts';

export interface Writing {
  readonly send: Send;
  /** What the provider has been made to hold so far. */
  readonly created: readonly Created[];
  /** What was there before and has been changed so far. */
  readonly changed: readonly Created[];
  /** Whether the provider has said that what was asked for is so already. */
  already(): boolean;
}

export interface WriteTools {
  readonly provider: NamedProvider;
  readonly upstream: Upstream;
  readonly clock: Clock;
  readonly journal: Journal;
  /** How long after the gateway gave it up a call that is not found may still be carried out. */
  readonly graceMs: number;
}

/** A send that writes. Every failure carries what was made and changed, so that nothing is left behind untold. */
export function writeWith({ provider, upstream, clock, journal, graceMs }: WriteTools): Writing {
  const created: Created[] = [];
  const changed: Created[] = [];
  const undos: { readonly at: number; readonly path: readonly Segment[] }[] = [];
  let already = false;
  let begun = false;
  let position = 0;

  const note = <T>(at: number, options: SendOptions<T>, answer: T, isNew: boolean): T => {
    const id = options.creates?.id(answer);
    const made = options.creates && id !== undefined ? { kind: options.creates.kind, id: String(id) } : undefined;
    const touched = options.changes && { kind: options.changes.kind, id: String(options.changes.id) };
    if (made) created.push(made);
    if (made && options.undo) undos.push({ at, path: options.undo(answer) });
    if (touched) changed.push(touched);
    begun = true;
    if (isNew) journal.done(at, { answer, created: made, changed: touched });
    return answer;
  };

  const carryOut = async <T>(at: number, call: Call, options: SendOptions<T>): Promise<T> => {
    const past = journal.recall(at, call);
    if (past.state === 'done') return note(at, options, options.response.parse(past.answer), false);
    if (past.state === 'open') {
      const { sent_at, given_up_at } = past;
      const settled = await settleUnknown(
        { provider, upstream, clock, graceMs, sent_at, given_up_at, known: (kind) => journal.known(kind) },
        options,
      );
      if (settled) return note(at, options, settled.answer, true);
    }
    const keeping = journal.intend(at, call);
    if (keeping) await keeping;
    try {
      return note(at, options, await upstream.call(call, options.response, begun), true);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const gone = past.state === 'open' && call.method === 'DELETE' && has(error, 'PROVIDER_RECORD_NOT_FOUND');
      if (gone || error.problems.some(({ detail }) => options.already?.test(detail))) {
        already = !gone;
        return note(at, options, options.sample, true);
      }
      journal.failed(
        at,
        error.problems.some(({ outcome }) => outcome === 'unknown'),
      );
      throw error;
    }
  };

  /** Latest first. What cannot be undone stays among what exists, and is told. */
  const undo = async (): Promise<void> => {
    for (const { at, path } of undos.toReversed()) {
      const gone = await upstream.call({ method: 'DELETE', path }, z.unknown(), true).then(
        () => true,
        (error: unknown) => error instanceof ProblemError && has(error, 'PROVIDER_RECORD_NOT_FOUND'),
      );
      if (!gone) return;
      created.pop();
      journal.undone(at);
    }
  };

  /** Nothing that exists is left untold. */
  const failed = async (error: unknown, options: Pick<SendOptions<unknown>, 'if_failed'>): Promise<never> => {
    if (!(error instanceof ProblemError)) throw error;
    if (isFinal(error) && undos.length === created.length && changed.length === 0) await undo();
    throw tell(error, { created, changed }, provider, options);
  };

  const send = sendWith((method, path, options) => {
    const { call } = toCall(method, path, options);
    const sending =
      method === 'GET' ? upstream.call(call, options.response, begun) : carryOut(position++, call, options);
    return sending.catch((error: unknown) => failed(error, options));
  });
  return { send, created, changed, already: () => already };
}

/** The provider will not take it, however often it is asked. */
function isFinal({ problems }: ProblemError): boolean {
  return problems.every(
    ({ code, outcome }) =>
      outcome === undefined && (code === 'PROVIDER_REJECTED' || code === 'PROVIDER_RECORD_NOT_FOUND'),
  );
}

function has(error: ProblemError, code: Problem['code']): boolean {
  return error.problems.some((problem) => problem.code === code);
}

function tell(
  error: ProblemError,
  { created, changed }: Pick<Writing, 'created' | 'changed'>,
  provider: NamedProvider,
  options: Pick<SendOptions<unknown>, 'if_failed'>,
): ProblemError {
  const done = {
    ...(created.length > 0 ? { created: [...created] } : {}),
    ...(changed.length > 0 ? { changed: [...changed] } : {}),
  };
  const problems = error.problems.map((problem): Problem => {
    return { ...leftBehind(problem, provider, options.if_failed), ...done };
  });
  return new ProblemError(problems, { cause: error });
}

function leftBehind(problem: Problem, provider: NamedProvider, left: SendOptions<unknown>['if_failed']): Problem {
  if (left === undefined) return problem;
  if (left !== 'left_off') return { ...problem, detail: `${left.says} ${problem.detail}` };
  const detail = `The step exists in ${provider.title} but may be off, because switching it on failed: ${problem.detail}`;
  return { ...problem, code: 'STEP_LEFT_OFF', detail, outcome: 'created' };
}
