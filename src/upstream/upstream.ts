/** One provider as one customer reaches it: calls get their host and credentials, answers are decoded or become problems. */
import type { z } from 'zod';
import type { Call, Clock, Credential, CredentialSource, DescribedRequest, Upstream } from '../core/ports.ts';
import type { Query, Read } from '../model/calls.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError } from '../model/problem.ts';
import type { Exchange } from './exchange.ts';
import { ExchangeError, type IncomingAnswer, type OutgoingRequest } from './message.ts';
import { parseBody } from './parse-body.ts';
import { pathOf, type Base } from './path.ts';
import { problemOfFailure, problemsOfAnswer, unreadableAnswer, type FailedCall } from './problem-of.ts';
import { CODE_OF_STATUS, readingOf } from './refusal.ts';
import { withoutSecret } from './redact.ts';
import type { AboutCall, Transport } from './transport.ts';

/** Where a provider is reached: the same for all customers. */
export interface Destination {
  /** The provider's own, or where the operator has pointed it. */
  readonly base: Base;
  /** Those of every call. */
  readonly headers: Readonly<Record<string, string>>;
  readonly exchange: Exchange;
}

export interface Reach {
  readonly provider: NamedProvider;
  readonly destination: Destination;
  readonly credentials: CredentialSource;
  /** What stands between a call and its socket. */
  readonly through: (socket: Transport) => Transport;
  /** Told of each attempt that goes out. */
  readonly caller: { onCall?(): void };
  readonly clock: Clock;
}

const HIDDEN = '***';

export function reachProvider(reach: Reach): Upstream {
  return new Reached(reach);
}

/** A class, because every request makes one. */
class Reached implements Upstream {
  readonly read: Read;
  private readonly reach: Reach;
  private readonly transport: Transport;
  private hold: (() => void) | undefined;
  private hasWritten = false;

  constructor(reach: Reach) {
    this.reach = reach;
    // Whoever reads after a write looks for what it has made.
    this.read = new Reading((call, response) =>
      this.exchange({ call, writes: false, continues: this.hasWritten, sentWith: [] }, response),
    );
    this.hold = undefined;
    // At the socket: whatever a call has waited for, it goes out with what is good then.
    this.transport = reach.through((outgoing, about) => {
      const found = reach.credentials.current();
      if (!(found instanceof Promise)) return this.sendWith(found, outgoing, about);
      return found.then((credential) => this.sendWith(credential, outgoing, about));
    });
  }

  call<T>(call: Call, response: z.ZodType<T>, continues = false): Promise<T> {
    return this.exchange({ call, writes: call.method !== 'GET', continues, sentWith: [] }, response);
  }

  writeOnlyWhile(hold: () => void): void {
    this.hold = hold;
  }

  describe(call: Call): DescribedRequest {
    const { reach } = this;
    const shown = { type: reach.credentials.type, secret: HIDDEN };
    const { method, origin, path, headers } = withCredential(reach.provider, outgoing(reach, call), shown);
    return { method, url: origin + path, headers, ...(call.body === undefined ? {} : { body: call.body }) };
  }

  private sendWith(credential: Credential, outgoing: OutgoingRequest, about: AboutCall): Promise<IncomingAnswer> {
    const { provider, destination, caller } = this.reach;
    if (about.writes) this.hold?.();
    about.sentWith.push(credential);
    caller.onCall?.();
    return destination.exchange(withCredential(provider, outgoing, credential));
  }

  private async exchange<T>(about: AboutCall, response: z.ZodType<T>): Promise<T> {
    const { reach } = this;
    const bare = outgoing(reach, about.call);
    let answer: IncomingAnswer;
    try {
      answer = await this.transport(bare, about);
      if (answer.status >= 400 && isRefusedCredential(reach.provider, answer))
        answer = await this.again(bare, about, answer);
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      throw new ProblemError(problemOfFailure(failedCall(reach, about), error), { cause: error });
    }
    const sent = about.sentWith.at(-1);
    const noting = sent && answer.status >= 200 && answer.status <= 299 ? reach.credentials.worked(sent) : undefined;
    if (noting) await noting;
    const value = decode(reach, about, answer, response);
    this.hasWritten ||= about.writes;
    return value;
  }

  /** Refused for its credential: nothing was carried out. */
  private async again(bare: OutgoingRequest, about: AboutCall, refused: IncomingAnswer): Promise<IncomingAnswer> {
    const { provider, credentials } = this.reach;
    const first = about.sentWith.at(-1);
    const another = first && (await credentials.replace(first));
    const answer = another ? await this.transport(bare, about) : refused;
    const last = about.sentWith.at(-1);
    if (last && isRefusedCredential(provider, answer)) await credentials.refused(last);
    return answer;
  }
}

type Look = <T>(call: Call, response: z.ZodType<T>) => Promise<T>;

/** An object of its own, so that an adapter is handed nothing that writes. */
class Reading implements Read {
  private readonly look: Look;

  constructor(look: Look) {
    this.look = look;
  }

  get<T>(path: Call['path'], { query, response }: ReadOptions<T>): Promise<T> {
    return this.look(query ? { method: 'GET', path, query } : { method: 'GET', path }, response);
  }

  search<T>(path: Call['path'], options: ReadOptions<T> & { readonly body: unknown }): Promise<T> {
    const { query, response } = options;
    const body = options.body as Readonly<Record<string, unknown>>;
    return this.look({ method: 'POST', path, body, ...(query ? { query } : {}) }, response);
  }
}

interface ReadOptions<T> {
  readonly query?: Query;
  readonly response: z.ZodType<T>;
}

function failedCall({ provider, clock, credentials }: Reach, { writes, sentWith }: AboutCall): FailedCall {
  return {
    provider,
    writes,
    secrets: secretsOf(sentWith),
    now: () => clock.now(),
    mending: () => credentials.mending(),
  };
}

function secretsOf(credentials: readonly Credential[]): readonly string[] {
  return [...new Set(credentials.map(({ secret }) => secret))];
}

function decode<T>(
  reach: Reach,
  about: AboutCall,
  { status, headers, text: raw }: IncomingAnswer,
  response: z.ZodType<T>,
): T {
  let text = raw;
  for (const { secret } of about.sentWith) text = withoutSecret(text, secret);
  const body = parseBody(text);
  const unreadable = (why: string): ProblemError =>
    new ProblemError(unreadableAnswer(failedCall(reach, about), { status, headers, text }, body.value, why));
  if (status >= 400 || status < 200)
    throw new ProblemError(problemsOfAnswer(failedCall(reach, about), { status, headers, text }, body.value));
  if (status > 299) throw unreadable('it redirects, and credentials do not follow redirects');
  if (body.unread !== undefined && text !== '') throw unreadable(body.unread);
  const result = response.safeParse(text === '' ? undefined : body.value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.length ? issue.path.join('.') : 'the body';
  throw unreadable(text === '' ? 'the body is empty' : `${where}: ${issue?.message ?? 'not as documented'}`);
}

function isRefusedCredential(provider: NamedProvider, answer: IncomingAnswer): boolean {
  const code = readingOf(provider, answer).code ?? CODE_OF_STATUS[answer.status];
  return code === 'CONNECTION_NEEDS_REAUTH';
}

function outgoing({ destination }: Reach, { method, path, query, body }: Call): OutgoingRequest {
  const { base, headers } = destination;
  const whole = base.path + pathOf(path, query);
  if (body === undefined) return { method, origin: base.origin, path: whole, headers };
  return { method, origin: base.origin, path: whole, headers, body: JSON.stringify(body) };
}

function withCredential(provider: NamedProvider, outgoing: OutgoingRequest, credential: Credential): OutgoingRequest {
  const { header, scheme } = provider.credentials[credential.type] ?? missing(provider, credential);
  const { secret } = credential;
  return {
    ...outgoing,
    headers: { ...outgoing.headers, [header]: scheme === undefined ? secret : `${scheme} ${secret}` },
  };
}

function missing(provider: NamedProvider, { type }: Credential): never {
  throw new TypeError(`${provider.name} has no header for ${type}; connections check this when they are stored.`);
}
