/** One provider as one customer reaches it: calls get their host and credentials, answers are decoded or become problems. */
import type { z } from 'zod';
import type { Call, Credential, CredentialSource, DescribedRequest, Upstream } from '../core/ports.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError, type Problem } from '../model/problem.ts';
import { ExchangeError, type IncomingAnswer, type OutgoingRequest } from './exchange.ts';
import { parseBody } from './parse-body.ts';
import { pathOf } from './path.ts';
import { problemOfFailure, problemsOfAnswer, unreadableAnswer, type FailedCall } from './problem-of.ts';
import { CODE_OF_STATUS, readingOf } from './refusal.ts';
import { withoutSecret } from './redact.ts';
import type { AboutCall, Transport } from './transport.ts';

export interface Reach {
  readonly provider: NamedProvider;
  /** The provider's own base URL, or where the operator has pointed it. */
  readonly base_url: string;
  readonly credentials: CredentialSource;
  readonly exchange: (outgoing: OutgoingRequest) => Promise<IncomingAnswer>;
  /** What stands between a call and its socket. */
  readonly through: (socket: Transport) => Transport;
  readonly user_agent: string;
  readonly now: () => number;
}

const HIDDEN = '***';

export function reachProvider(reach: Reach): Upstream {
  const { provider, credentials, now } = reach;
  /** What each call was last sent with. */
  const used = new WeakMap<AboutCall, Credential>();
  let hold = (): void => undefined;
  // At the socket: whatever a call has waited for, it goes out with what is good then.
  const transport = reach.through(async (outgoing, about) => {
    const credential = await credentials.current();
    if (about.writes) hold();
    used.set(about, credential);
    return reach.exchange(withCredential(provider, outgoing, credential));
  });
  const exchangeCall = async <T>(about: AboutCall, response: z.ZodType<T>): Promise<T> => {
    const secrets: string[] = [];
    const failed: FailedCall = { provider, writes: about.writes, secrets, now, mending: credentials.mending };
    const bare = outgoing(reach, about.call);
    const send = async (): Promise<IncomingAnswer> => {
      try {
        return await exchangeOnce(transport, about, bare, failed);
      } finally {
        const credential = used.get(about);
        if (credential) secrets.push(credential.secret);
      }
    };
    let answer = await send();
    const first = used.get(about);
    if (first && isRefusedCredential(provider, answer)) {
      // Refused for its credential: nothing was carried out.
      const another = await credentials.replace(first);
      if (another) answer = await send();
      const last = used.get(about);
      if (last && isRefusedCredential(provider, answer)) await credentials.refused(last);
    }
    const sent = used.get(about);
    if (sent && answer.status >= 200 && answer.status <= 299) await credentials.worked(sent);
    return decode(failed, { ...answer, text: secrets.reduce(withoutSecret, answer.text) }, response);
  };
  let wrote = false;
  // Whoever reads after a write looks for what it has made.
  const read = <T>(call: Call, response: z.ZodType<T>): Promise<T> =>
    exchangeCall({ call, writes: false, continues: wrote }, response);
  return {
    read: {
      get: (path, { query, response }) => read({ method: 'GET', path, ...(query ? { query } : {}) }, response),
      search: (path, { query, body, response }) =>
        read(
          { method: 'POST', path, body: body as Readonly<Record<string, unknown>>, ...(query ? { query } : {}) },
          response,
        ),
    },
    call: async (call, response, continues = false) => {
      const writes = call.method !== 'GET';
      const answer = await exchangeCall({ call, writes, continues }, response);
      wrote ||= writes;
      return answer;
    },
    writeOnlyWhile: (asked) => {
      hold = asked;
    },
    describe: (call) => describe(reach, call),
  };
}

async function exchangeOnce(
  transport: Transport,
  about: AboutCall,
  request: OutgoingRequest,
  failed: FailedCall,
): Promise<IncomingAnswer> {
  try {
    return await transport(request, about);
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error;
    throw new ProblemError(problemOfFailure(failed, error), { cause: error });
  }
}

function decode<T>(failed: FailedCall, answer: IncomingAnswer, response: z.ZodType<T>): T {
  const body = parseBody(answer.text);
  if (answer.status < 200 || answer.status > 299) {
    if (answer.status < 400)
      throw unreadable(failed, answer, body.value, 'it redirects, and credentials do not follow redirects');
    throw new ProblemError(problemsOfAnswer(failed, answer, body.value));
  }
  if (!body.isJson && answer.text !== '') throw unreadable(failed, answer, body.value, 'the body is not JSON');
  const result = response.safeParse(answer.text === '' ? undefined : body.value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.length ? issue.path.join('.') : 'the body';
  throw unreadable(
    failed,
    answer,
    body.value,
    answer.text === '' ? 'the body is empty' : `${where}: ${issue?.message ?? 'not as documented'}`,
  );
}

function unreadable(failed: FailedCall, answer: IncomingAnswer, body: unknown, why: string): ProblemError {
  const problem: Problem = unreadableAnswer(failed, answer, body, why);
  return new ProblemError(problem);
}

function isRefusedCredential(provider: NamedProvider, answer: IncomingAnswer): boolean {
  if (answer.status < 400) return false;
  const code = readingOf(provider, answer).code ?? CODE_OF_STATUS[answer.status];
  return code === 'CONNECTION_NEEDS_REAUTH';
}

function outgoing({ provider, base_url, user_agent }: Reach, call: Call): OutgoingRequest {
  return {
    method: call.method,
    url: base_url + pathOf(call.path, call.query),
    headers: { ...provider.headers, 'user-agent': user_agent },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  };
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
  const { method, url, headers } = withCredential(reach.provider, outgoing(reach, call), shown);
  return { method, url, headers, ...(call.body === undefined ? {} : { body: call.body }) };
}

function missing(provider: NamedProvider, { type }: Credential): never {
  throw new TypeError(`${provider.name} has no header for ${type}; connections check this when they are stored.`);
}
