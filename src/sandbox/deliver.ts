/**
 * Answers as `Response`s, the broken ones too, in the terms of the Fetch standard, so that a sandbox knows nothing of
 * sockets. Whoever mounts it owes two things: a network error (`Response.error()`) resets the connection, and a body that
 * fails ends it. `src/dev/serve-sandbox.ts` does both to a real socket, MSW to a pretended one; the server of
 * @hono/node-server does not, it takes both for mistakes and prints them.
 */
import type { Fault, ForcedAnswer } from './faults.ts';

/** An answer before it is sent; what is not answered at all is undefined where one is expected. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

const PAGE = '<!DOCTYPE html><html><head><title>Please wait</title></head><body><h1>Please wait</h1></body></html>';

export async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, headers: response.headers, text: await response.text() };
}

export function forcedAnswer({ status, headers = {}, body }: ForcedAnswer): Answer {
  const text = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
  const all = new Headers({ 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' });
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  return { status, headers: all, text };
}

/** 200 with a page. */
export function pageAnswer(): Answer {
  return { status: 200, headers: new Headers({ 'content-type': 'text/html; charset=utf-8' }), text: PAGE };
}

/** JSON, and of another type at the top: what was carried out comes in a list, anything else as an empty one. */
export function wrongTypeAnswer(own: Answer | undefined): Answer {
  const headers = new Headers(own?.headers ?? { 'content-type': 'application/json' });
  headers.delete('content-length');
  return { status: own?.status ?? 200, headers, text: own?.text ? `[${own.text}]` : '[]' };
}

/** What arrives of an answer before the fault ends it. */
export function arrivingText({ text }: Answer, fault: Fault | undefined): string {
  return fault?.kind === 'truncated' ? text.slice(0, Math.floor(text.length / 2)) : text;
}

export function responseOf(answer: Answer, fault: Fault | undefined): Response {
  const { status, headers, text } = answer;
  // There is nothing of an empty answer that could come slowly or in half.
  if (BODILESS.has(status)) return new Response(null, { status, headers });
  const whole = new TextEncoder().encode(text);
  if (fault?.kind === 'drip') return measured(answer, whole.length, dripping(whole, fault.ms));
  if (fault?.kind === 'truncated') {
    const half = new TextEncoder().encode(arrivingText(answer, fault));
    return measured(answer, Math.max(whole.length, 1), breaking(half));
  }
  return measured(answer, whole.length, text === '' ? null : text);
}

/** With its length, as the products say it: a connection can be used again after an answer whose end is known. */
function measured({ status, headers }: Answer, length: number, body: ReadableStream | string | null): Response {
  const all = new Headers(headers);
  all.set('content-length', String(length));
  return new Response(body, { status, headers: all });
}

function dripping(bytes: Uint8Array, ms: number): ReadableStream {
  let sent = 0;
  let timer: NodeJS.Timeout | undefined;
  return new ReadableStream({
    pull: (controller) =>
      new Promise((resolve) => {
        timer = setTimeout(() => {
          if (sent < bytes.length) controller.enqueue(bytes.slice(sent, (sent += 1)));
          else controller.close();
          resolve();
        }, ms);
      }),
    cancel: () => {
      clearTimeout(timer);
    },
  });
}

/** Nothing is read ahead: a stream that fails forgets what it still holds. */
function breaking(bytes: Uint8Array): ReadableStream {
  let left: Uint8Array | undefined = bytes.length > 0 ? bytes : undefined;
  return new ReadableStream(
    {
      pull: (controller) => {
        if (left) controller.enqueue(left);
        else controller.error(new TypeError('The connection ends here.'));
        left = undefined;
      },
    },
    { highWaterMark: 0 },
  );
}
