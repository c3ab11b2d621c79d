/** One request and its whole answer. `request` of undici makes a stream and a signal for each, which costs more than the call itself. */
import type { Dispatcher } from 'undici';
import type { ExchangeError, IncomingAnswer, OutgoingRequest } from './message.ts';
import { outcomeOf, type CallOutcome, type Watch } from './watch.ts';

export interface Dispatching {
  /** From the start of the request to the end of the answer. */
  readonly totalTimeoutMs: number;
  /** What becomes of the dispatcher's failure, or of a TimeoutError where the answer has not ended in time. */
  readonly failureOf: (error: unknown) => ExchangeError;
  readonly watch?: Watch | undefined;
}

/** @throws {ExchangeError} */
export function dispatchWhole(
  dispatching: Dispatching,
  dispatcher: Dispatcher,
  outgoing: OutgoingRequest,
): Promise<IncomingAnswer> {
  return new Promise((resolve, reject) => {
    const { method, path, headers, body = null } = outgoing;
    const whole = new WholeAnswer(dispatching, method, resolve, reject);
    dispatcher.dispatch({ method, path, headers, body }, whole);
  });
}

/** A class, because every call makes one. */
class WholeAnswer implements Dispatcher.DispatchHandler {
  private readonly dispatching: Dispatching;
  private readonly method: string;
  private readonly resolve: (answer: IncomingAnswer) => void;
  private readonly reject: (failure: ExchangeError) => void;
  private readonly since: number;
  private readonly timer: NodeJS.Timeout;
  private readonly parts: Buffer[] = [];
  private status = 0;
  private headers: Headers = {};
  private controller: Dispatcher.DispatchController | undefined;
  private late: Error | undefined;

  constructor(
    dispatching: Dispatching,
    method: string,
    resolve: (answer: IncomingAnswer) => void,
    reject: (failure: ExchangeError) => void,
  ) {
    this.dispatching = dispatching;
    this.method = method;
    this.resolve = resolve;
    this.reject = reject;
    this.since = dispatching.watch?.now() ?? 0;
    this.controller = undefined;
    this.late = undefined;
    this.timer = setTimeout(tooLate, dispatching.totalTimeoutMs, this);
  }

  giveUp(): void {
    this.late = new DOMException('The answer did not end in time.', 'TimeoutError');
    this.controller?.abort(this.late);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // It has waited for its connection until now.
    if (this.late) controller.abort(this.late);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    // 1xx are not the answer yet.
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, part: Buffer): void {
    this.parts.push(part);
  }

  onResponseEnd(): void {
    clearTimeout(this.timer);
    const { status } = this;
    this.ended(outcomeOf(status));
    this.resolve({ status, headers: singleHeaders(this.headers), text: textOf(this.parts) });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.timer);
    const failure = this.dispatching.failureOf(error);
    this.ended(failure.kind);
    this.reject(failure);
  }

  private ended(outcome: CallOutcome): void {
    const { watch } = this.dispatching;
    watch?.ended(this.method, outcome, watch.now() - this.since);
  }
}

function tooLate(answer: WholeAnswer): void {
  answer.giveUp();
}

type Headers = Readonly<NodeJS.Dict<string | string[]>>;

function singleHeaders(headers: Headers): Record<string, string | undefined> {
  const single: Record<string, string | undefined> = {};
  for (const name in headers) {
    const value = headers[name];
    single[name] = typeof value === 'object' ? value.join(', ') : value;
  }
  return single;
}

const BYTE_ORDER_MARK = 0xfeff;

function textOf(parts: readonly Buffer[]): string {
  const [first] = parts;
  const text = (parts.length === 1 && first ? first : Buffer.concat(parts)).toString('utf8');
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
}
