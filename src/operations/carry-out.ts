/** A write as an operation, in its turn: run, and then closed, forgotten or left open. */
import type { BatchTools, ItemJournal } from '../core/create-batch.ts';
import type { Clock, Journal, Upstream } from '../core/ports.ts';
import type { WriteTools } from '../core/write.ts';
import { WRITES, type WriteAnswer, type WriteInputs, type WriteKind } from '../core/writes.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError } from '../model/problem.ts';
import { warning } from '../model/warning.ts';
import type { Operation } from './operation.ts';
import type { Turn, Turns } from './turns.ts';

export interface Work<K extends WriteKind = WriteKind> {
  readonly customer_id: string;
  readonly provider: NamedProvider;
  readonly kind: K;
  readonly input: WriteInputs[K];
  readonly upstream: Upstream;
}

export interface Tools {
  readonly clock: Clock;
  readonly turns: Turns;
  readonly graceMs: number;
  /** An error as the answer shows it. */
  describe(error: ProblemError): ReturnType<BatchTools['describe']>;
  /** For the log. */
  unforeseen(error: unknown): void;
}

/** @throws {ProblemError} 429 where too many wait for their turn; else with where to go on, if there is something to go on with. */
export function carryOut<K extends WriteKind>(work: Work<K>, operation: Operation, tools: Tools): Promise<WriteAnswer> {
  // Before the turn is taken: from then on nothing may fail that does not end it.
  const job = new Job(work, operation, tools);
  const turn = tools.turns.take(turnOf(work));
  return turn instanceof Promise
    ? turn.then((taken) => run(work, operation, job, taken))
    : run(work, operation, job, turn);
}

async function run<K extends WriteKind>(
  { provider, kind, input, upstream }: Work<K>,
  operation: Operation,
  job: Job,
  turn: Turn,
): Promise<WriteAnswer> {
  try {
    upstream.writeOnlyWhile(() => {
      turn.hold();
      operation.hold();
    });
    const answer = await WRITES[kind].run(provider, input, job);
    const kept = operation.finish(answer);
    if (kept === true || (await kept)) return answer;
    return { ...answer, warnings: [...answer.warnings, notRecorded(provider)] };
  } catch (error) {
    if (!(error instanceof ProblemError) && !operation.touched()) {
      await operation.release();
      throw error;
    }
    throw await operation.end(job.unforeseen(error));
  } finally {
    const ending = turn.end();
    if (ending) await ending;
  }
}

/** What a write is carried out with. A class, because every request makes one. */
class Job implements WriteTools, BatchTools {
  readonly provider: NamedProvider;
  readonly upstream: Upstream;
  readonly clock: Clock;
  readonly graceMs: number;
  readonly journal: Journal;
  private readonly operation: Operation;
  private readonly tools: Tools;

  constructor({ provider, upstream }: Work, operation: Operation, tools: Tools) {
    this.provider = provider;
    this.upstream = upstream;
    this.clock = tools.clock;
    this.graceMs = tools.graceMs;
    this.journal = operation.item(0);
    this.operation = operation;
    this.tools = tools;
  }

  item(index: number): ItemJournal {
    return this.operation.item(index);
  }

  describe(error: ProblemError): ReturnType<BatchTools['describe']> {
    return this.tools.describe(error);
  }

  unforeseen(error: unknown): ProblemError {
    if (error instanceof ProblemError) return error;
    this.tools.unforeseen(error);
    return unforeseen(error);
  }
}

/** Something may have been sent before the gateway failed. */
function unforeseen(error: unknown): ProblemError {
  const detail =
    'The gateway failed in a way that it did not foresee, after something may have been sent. Look in the provider; its log has more under this request id.';
  return new ProblemError({ code: 'INTERNAL_ERROR', detail, outcome: 'unknown' }, { cause: error });
}

function notRecorded({ name, title }: NamedProvider) {
  const detail = `${title} has carried this out, but the gateway could not keep that: do not repeat the request without looking.`;
  return warning(name, { type: 'OUTCOME_NOT_RECORDED', pointer: '', detail });
}

/** What a write takes its turn on: the sequence, or the whole connection where the provider says so or nothing exists yet. */
function turnOf({ customer_id, provider, input }: Work): string {
  const sequence =
    'sequence_id' in input ? input.sequence_id : 'target' in input ? input.target.sequence_id : undefined;
  const own = provider.turn === 'sequence' && sequence !== undefined ? [sequence] : [];
  return JSON.stringify([customer_id, provider.name, ...own]);
}
