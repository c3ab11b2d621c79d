/** One provider as one customer reaches it: calls get their host and credentials, answers are decoded or become problems. */
import type { z } from 'zod';
import type { Call, Credential, CredentialSource, DescribedRequest, Upstream } from '../core/ports.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError } from '../model/problem.ts';
import { ExchangeError, type Exchange, type IncomingAnswer, type OutgoingRequest } from './exchange.ts';
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
  readonly onCall?: (() => void) | undefined;
  readonly now: () => number;
}

const HIDDEN = '***';

export function reachProvider(reach: Reach): Upstream {
  const { provider, credentials } = reach;
  let hold = (): void => undefined;
  let wrote = false;
  // At the socket: whatever a call has waited for, it goes out with what is good then.
  const sendWith = (credential: Credential, outgoing: OutgoingRequest, about: AboutCall): Promise<IncomingAnswer> => {
    if (about.writes) hold();
    about.sentWith.push(credential);
    reach.onCall?.();
    return reach.destination.exchange(withCredential(provider, outgoing, credential));
  };
  const transport = reach.through((outgoing, about) => {
    const found = credentials.current();
    if (!(found instanceof Promise)) return sendWith(found, outgoing, about);
    return found.then((credential) => sendWith(credential, outgoing, about));
  });

  const exchangeCall = async <T>(about: AboutCall, response: z.ZodType<T>): Promise<T> => {
    const bare = outgoing(reach, about.call);
    let answer: IncomingAnswer;
    try {
      answer = await transport(bare, about);
      if (answer.status >= 400 && isRefusedCredential(provider, answer)) answer = await again(bare, about, answer);
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error;
      throw new ProblemError(problemOfFailure(failedCall(reach, about), error), { cause: error });
    }
    const sent = about.sentWith.at(-1);
    const noting = sent && answer.status >= 200 && answer.status <= 299 ? credentials.worked(sent) : undefined;
    if (noting) await noting;
    const value = decode(reach, about, answer, response);
    wrote ||= about.writes;
    return value;
  };
  /** Refused for its credential: nothing was carried out. */
  const again = async (bare: OutgoingRequest, about: AboutCall, refused: IncomingAnswer): Promise<IncomingAnswer> => {
    const first = about.sentWith.at(-1);
    const another = first && (await credentials.replace(first));
    const answer = another ? await transport(bare, about) : refused;
    const last = about.sentWith.at(-1);
    if (last && isRefusedCredential(provider, answer)) await credentials.refused(last);
    return answer;
  };
  // Whoever reads after a write looks for what it has made.
  const read = <T>(call: Call, response: z.ZodType<T>): Promise<T> =>
    exchangeCall({ call, writes: false, continues: wrote, sentWith: [] }, response);
  return {
    read: {
      get: (path, { query, response }) => read({ method: 'GET', path, ...(query ? { query } : {}) }, response),
      search: (path, { query, body, response }) =>
        read(
          { method: 'POST', path, body: body as Readonly<Record<string, unknown>>, ...(query ? { query } : {}) },
          response,
        ),
    },
    call: (call, response, continues = false) =>
      exchangeCall({ call, writes: call.method !== 'GET', continues, sentWith: [] }, response),
    writeOnlyWhile: (asked) => {
      hold = asked;
    },
    describe: (call) => describe(reach, call),
  };
}

function failedCall({ provider, now, credentials }: Reach, { writes, sentWith }: AboutCall): FailedCall {
  return { provider, writes, secrets: secretsOf(sentWith), now, mending: () => credentials.mending() };
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
  if (!body.isJson && text !== '') throw unreadable('the body is not JSON');
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
  const request = { method, origin: base.origin, path: base.path + pathOf(path, query), headers };
  return body === undefined ? request : { ...request, body: JSON.stringify(body) };
}

function withCredential(provider: NamedProvider, outgoing: OutgoingRequest, credential: Credential): OutgoingRequest {
  const { header, scheme } = provider.credentials[credential.type] ?? missing(provider, credential);
  const { secret } = credential;
  return {
    ...outgoing,
    headers: { ...outgoing.headers, [header]: scheme === undefined ? secret : `${scheme} ${secret}` },
  };
}

function describe(reach: Reach, call: Call): DescribedRequest {
  const shown = { type: reach.credentials.type, secret: HIDDEN };
  const { method, origin, path, headers } = withCredential(reach.provider, outgoing(reach, call), shown);
  return { method, url: origin + path, headers, ...(call.body === undefined ? {} : { body: call.body }) };
}

function missing(provider: NamedProvider, { type }: Credential): never {
  throw new TypeError(`${provider.name} has no header for ${type}; connections check this when they are stored.`);
}
