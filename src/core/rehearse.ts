/** The rehearsal: a write runs with a recording send, so that everything it would send is known before anything is sent. */
import type { Send, SendOptions, Segment } from '../model/calls.ts';
import { mergeCustomFields, type Collision, type Misfit } from './custom-fields.ts';
import type { Call } from './ports.ts';

export interface RehearsedCall {
  readonly call: Call;
  readonly when?: string;
}

export interface Rehearsal {
  readonly send: Send;
  readonly calls: readonly RehearsedCall[];
  readonly collisions: readonly Collision[];
  readonly misfits: readonly Misfit[];
}

/** A send that records. Its answers are the samples, with a placeholder for every value that only a real answer has. */
export function rehearse(): Rehearsal {
  const calls: RehearsedCall[] = [];
  const collisions: Collision[] = [];
  const misfits: Misfit[] = [];
  const record = <T>(method: Call['method'], path: readonly Segment[], options: SendOptions<T>): Promise<T> => {
    const merged = toCall(method, path, options);
    calls.push(options.when === undefined ? { call: merged.call } : { call: merged.call, when: options.when });
    collisions.push(...merged.collisions);
    misfits.push(...merged.misfits);
    return Promise.resolve(placeholders(options.sample, `requests[${String(calls.length - 1)}]`));
  };
  return { send: sendWith(record), calls, collisions, misfits };
}

export type Sender = <T>(method: Call['method'], path: readonly Segment[], options: SendOptions<T>) => Promise<T>;

/** A class, because every write makes two of them. */
class Sending implements Send {
  private readonly sender: Sender;

  constructor(sender: Sender) {
    this.sender = sender;
  }

  get<T>(path: readonly Segment[], options: SendOptions<T>): Promise<T> {
    return this.sender('GET', path, options);
  }

  post<T>(path: readonly Segment[], options: SendOptions<T>): Promise<T> {
    return this.sender('POST', path, options);
  }

  patch<T>(path: readonly Segment[], options: SendOptions<T>): Promise<T> {
    return this.sender('PATCH', path, options);
  }

  put<T>(path: readonly Segment[], options: SendOptions<T>): Promise<T> {
    return this.sender('PUT', path, options);
  }

  delete<T>(path: readonly Segment[], options: SendOptions<T>): Promise<T> {
    return this.sender('DELETE', path, options);
  }
}

export function sendWith(sender: Sender): Send {
  return new Sending(sender);
}

/** The call with its custom fields merged: the rehearsal and the real run share this, so that they cannot differ. */
export function toCall<T>(
  method: Call['method'],
  path: readonly Segment[],
  { body, custom = [], step }: SendOptions<T>,
): { readonly call: Call; readonly collisions: readonly Collision[]; readonly misfits: readonly Misfit[] } {
  if (body === undefined) return { call: { method, path }, collisions: [], misfits: [] };
  const merged = mergeCustomFields(body, custom, step);
  return { call: { method, path, body: merged.body }, collisions: merged.collisions, misfits: merged.misfits };
}

/**
 * The one seam where a value is not of its type: a placeholder string stands where the real answer has an id, be it a
 * number or a string. A write only ever passes such values on.
 */
function placeholders<T>(sample: T, path: string): T {
  return stand(sample, path) as T;
}

function stand(value: unknown, path: string): unknown {
  if (typeof value === 'string' || typeof value === 'number') return `{{${path}}}`;
  if (Array.isArray(value)) return value.map((item, index) => stand(item, `${path}[${String(index)}]`));
  if (value === null || typeof value !== 'object') return value;
  const standing: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) standing[key] = stand(inner, `${path}.${key}`);
  return standing;
}
