/** One request and its whole answer. `request` of undici makes a stream and a signal for each, which costs more than the call itself. */
import type { Dispatcher } from 'undici';
import type { IncomingAnswer, OutgoingRequest } from './exchange.ts';

/**
 * @param failureOf what becomes of the dispatcher's failure, or of a TimeoutError where the answer has not ended after so many milliseconds
 * @throws what that makes of it
 */
export function dispatchWhole(
  dispatcher: Dispatcher,
  { method, origin, path, headers, body }: OutgoingRequest,
  totalTimeoutMs: number,
  failureOf: (error: unknown) => Error,
): Promise<IncomingAnswer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let status = 0;
    let answered: Headers = {};
    let controller: Dispatcher.DispatchController | undefined;
    let late: Error | undefined;
    const timer = setTimeout(() => {
      late = new DOMException('The answer did not end in time.', 'TimeoutError');
      controller?.abort(late);
    }, totalTimeoutMs);
    dispatcher.dispatch(
      { method, origin, path, headers, body: body ?? null },
      {
        onRequestStart: (started) => {
          controller = started;
          // It has waited for its connection until now.
          if (late) started.abort(late);
        },
        onResponseStart: (_controller, code, fields) => {
          // 1xx are not the answer yet.
          if (code < 200) return;
          status = code;
          answered = fields;
        },
        onResponseData: (_controller, part) => {
          parts.push(part);
        },
        onResponseEnd: () => {
          clearTimeout(timer);
          resolve({ status, headers: singleHeaders(answered), text: textOf(parts) });
        },
        onResponseError: (_controller, error) => {
          clearTimeout(timer);
          reject(failureOf(error));
        },
      },
    );
  });
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
