/** A plain client on a socket of its own for each call: what arrived, and how it ended. */
import { request } from 'node:http';
import type { NativeCall } from './calls.ts';

export interface Arrived {
  /** 0 where there was no answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** How many times a part of the body arrived. */
  readonly parts: number;
  /** The code of the error that ended it, `gave up`, or undefined where the answer came whole. */
  readonly ended: string | undefined;
  readonly ms: number;
}

export interface Patience {
  /** Milliseconds until the client closes the connection. */
  readonly giveUpAfter?: number;
  /** How many parts of the body the client takes. */
  readonly maxParts?: number;
}

export function send(base: string, call: NativeCall, { giveUpAfter, maxParts }: Patience = {}): Promise<Arrived> {
  const { method, path, headers, body } = call;
  const started = performance.now();
  return new Promise((resolve) => {
    let head: Pick<Arrived, 'status' | 'headers'> = { status: 0, headers: {} };
    const parts: Buffer[] = [];
    const end = (ended: string | undefined): void => {
      clearTimeout(timer);
      const text = Buffer.concat(parts).toString('utf8');
      resolve({ ...head, text, parts: parts.length, ended, ms: performance.now() - started });
    };
    const fail = (error: NodeJS.ErrnoException): void => {
      end(error.code ?? error.message);
    };
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const outgoing = request(base + path, { method, headers: { ...headers, ...length }, agent: false }, (answer) => {
      head = { status: answer.statusCode ?? 0, headers: answer.headers };
      answer.on('data', (part: Buffer) => {
        parts.push(part);
        if (parts.length === maxParts) giveUp();
      });
      answer.on('error', fail);
      answer.on('end', () => {
        end(undefined);
      });
    });
    outgoing.on('error', fail);
    const giveUp = (): void => {
      end('gave up');
      outgoing.destroy();
    };
    const timer = giveUpAfter === undefined ? undefined : setTimeout(giveUp, giveUpAfter);
    outgoing.end(body);
  });
}
