/**
 * The real write phase: calls go out in order, each one noted before and after, so that it is known what exists when one
 * fails, and that the same operation can go on later where it ended.
 */
import { z } from 'zod';
import type { Segment, Send, SendOptions } from '../model/calls.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError, type Created, type Problem } from '../model/problem.ts';
import type { Call, Clock, Journal, Recalled, Upstream } from './ports.ts';
import { sendWith, toCall } from './rehearse.ts';
import { settleUnknown, stillUnknown } from './settle-unknown.ts';

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

/** To be asked before anything more is sent. @throws what then becomes of the write. */
type Check = (created: readonly Created[]) => Promise<void>;

/** A send that writes. Every failure carries what was made and changed, so that nothing is left behind untold. */
export function writeWith(tools: WriteTools, check?: Check): Writing {
  return new Calls(tools, check);
}

class Calls implements Writing {
  readonly send: Send;
  readonly created: Created[] = [];
  readonly changed: Created[] = [];
  private readonly tools: WriteTools;
  private check: Check | undefined;
  private readonly undos: { readonly at: number; readonly path: readonly Segment[] }[] = [];
  private isAlready = false;
  private hasBegun = false;
  private position = 0;

  constructor(tools: WriteTools, check: Check | undefined) {
    this.tools = tools;
    this.check = check;
    this.send = sendWith((method, path, options) => {
      const { call } = toCall(method, path, options);
      return method === 'GET' ? this.read(call, options) : this.carryOut(this.position++, call, options);
    });
  }

  already(): boolean {
    return this.isAlready;
  }

  private async read<T>(call: Call, options: SendOptions<T>): Promise<T> {
    try {
      return await this.tools.upstream.call(call, options.response, this.hasBegun);
    } catch (error) {
      throw await this.failed(error, options);
    }
  }

  private async carryOut<T>(at: number, call: Call, options: SendOptions<T>): Promise<T> {
    const { upstream, journal } = this.tools;
    try {
      const past = journal.recall(at, call);
      if (past.state === 'done') return this.note(at, options, options.response.parse(past.answer), false);
      if (past.state === 'open') {
        const settled = await this.settle(past, call, options).catch(throwUnknown);
        if (settled) return this.note(at, options, settled.answer, true);
      }
      if (this.check) await (past.state === 'open' ? this.checkOnce().catch(throwUnknown) : this.checkOnce());
      const keeping = journal.intend(at, call);
      if (keeping) await keeping;
      try {
        return this.note(at, options, await upstream.call(call, options.response, this.hasBegun), true);
      } catch (error) {
        return this.refused(at, call, options, error, past.state === 'open');
      }
    } catch (error) {
      throw await this.failed(error, options);
    }
  }

  private async checkOnce(): Promise<void> {
    await this.check?.(this.created);
    this.check = undefined;
  }

  private settle<T>(
    { sent_at, given_up_at }: Extract<Recalled, { state: 'open' }>,
    { body }: Call,
    options: SendOptions<T>,
  ): Promise<{ answer: T } | undefined> {
    const { provider, upstream, clock, graceMs, journal } = this.tools;
    const known = (kind: string): Promise<ReadonlySet<string>> => journal.known(kind);
    return settleUnknown({ provider, upstream, clock, graceMs, body, sent_at, given_up_at, known }, options);
  }

  private note<T>(at: number, options: SendOptions<T>, answer: T, isNew: boolean): T {
    const { creates, changes, undo } = options;
    const id = creates?.id(answer);
    const created = creates && id !== undefined ? { kind: creates.kind, id: String(id) } : undefined;
    const changed = changes && { kind: changes.kind, id: String(changes.id) };
    if (created) this.created.push(created);
    if (created && undo) this.undos.push({ at, path: undo(answer) });
    if (changed) this.changed.push(changed);
    this.hasBegun = true;
    if (isNew) this.tools.journal.done(at, { answer, created, changed });
    return answer;
  }

  /** @throws the error, unless it says that what was asked for is so already, or was done by the call that it repeats. */
  private refused<T>(at: number, call: Call, options: SendOptions<T>, error: unknown, isRepeated: boolean): T {
    if (!(error instanceof ProblemError)) throw error;
    const gone = isRepeated && call.method === 'DELETE' && has(error, 'PROVIDER_RECORD_NOT_FOUND');
    if (gone || error.problems.some(({ detail }) => options.already?.test(detail))) {
      this.isAlready = !gone;
      return this.note(at, options, options.sample, true);
    }
    const isUnknown = error.problems.some(({ outcome }) => outcome === 'unknown');
    this.tools.journal.failed(at, isUnknown);
    throw error;
  }

  /** Nothing that exists is left untold. */
  private async failed(thrown: unknown, options: Failing): Promise<unknown> {
    if (!(thrown instanceof ProblemError)) return thrown;
    const error = options.step === undefined ? thrown : about(thrown, options.step, options.if_not_found);
    if (isFinal(error) && this.canUndo() && (await this.undo())) return error;
    return tell(error, this, this.tools.provider, options);
  }

  private canUndo(): boolean {
    return this.undos.length > 0 && this.undos.length === this.created.length && this.changed.length === 0;
  }

  /** Latest first. What cannot be undone stays among what exists, and is told. @returns whether nothing is left. */
  private async undo(): Promise<boolean> {
    const { upstream, journal } = this.tools;
    for (const { at, path } of this.undos.toReversed()) {
      const gone = await upstream.call({ method: 'DELETE', path }, z.unknown(), true).then(
        () => true,
        (error: unknown) => error instanceof ProblemError && has(error, 'PROVIDER_RECORD_NOT_FOUND'),
      );
      if (!gone) return false;
      this.created.pop();
      journal.undone(at);
    }
    return true;
  }
}

function throwUnknown(error: unknown): never {
  throw stillUnknown(error);
}

type Failing = Pick<SendOptions<unknown>, 'if_failed' | 'if_not_found' | 'step'>;

/** Only what judges the request speaks of its step. */
function about({ problems, cause }: ProblemError, of_step: number, missing: Failing['if_not_found']): ProblemError {
  const named = problems.map((problem): Problem => {
    if (problem.code === 'PROVIDER_REJECTED') return { ...problem, of_step };
    if (problem.code !== 'PROVIDER_RECORD_NOT_FOUND' || !missing) return problem;
    return { ...problem, detail: `${problem.detail} ${missing.says}`, of_step, in_step: missing.pointer };
  });
  return new ProblemError(named, { cause });
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
  options: Failing,
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
