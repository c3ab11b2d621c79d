/** One provider as one customer reaches it: calls get their host and credentials, answers are decoded or become problems. */
import type { z } from 'zod';
import type { Call, DescribedRequest, Upstream } from '../core/ports.ts';
import type { CredentialType } from '../model/credential.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError, type Problem } from '../model/problem.ts';
import { ExchangeError, type IncomingAnswer, type OutgoingRequest } from './exchange.ts';
import { parseBody } from './parse-body.ts';
import { pathOf } from './path.ts';
import { problemOfFailure, problemsOfAnswer, unreadableAnswer, type FailedCall } from './problem-of.ts';
import { withoutSecret } from './redact.ts';
import type { AboutCall, Transport } from './transport.ts';

export interface Credential {
  readonly type: CredentialType;
  readonly secret: string;
}

export interface Reach {
  readonly provider: NamedProvider;
  /** The provider's own base URL, or where the operator has pointed it. */
  readonly base_url: string;
  readonly credential: Credential;
  readonly transport: Transport;
  readonly user_agent: string;
  readonly now: () => number;
}

const HIDDEN = '***';

export function reachProvider(reach: Reach): Upstream {
  const { provider, now } = reach;
  const { secret } = reach.credential;
  const exchangeCall = async <T>(about: AboutCall, response: z.ZodType<T>): Promise<T> => {
    const failed: FailedCall = { provider, writes: about.writes, secrets: [secret], now };
    const answer = await exchangeOnce(reach, about, outgoing(reach, about.call, secret), failed);
    return decode(failed, { ...answer, text: withoutSecret(answer.text, secret) }, response);
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
    describe: (call) => describe(reach, call),
  };
}

async function exchangeOnce(
  { transport }: Reach,
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

function outgoing({ provider, base_url, credential, user_agent }: Reach, call: Call, secret: string): OutgoingRequest {
  const { header, scheme } = provider.credentials[credential.type] ?? missing(provider, credential);
  return {
    method: call.method,
    url: base_url + pathOf(call.path, call.query),
    headers: {
      ...provider.headers,
      'user-agent': user_agent,
      [header]: scheme === undefined ? secret : `${scheme} ${secret}`,
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  };
}

function describe(reach: Reach, call: Call): DescribedRequest {
  const { method, url, headers } = outgoing(reach, call, HIDDEN);
  return { method, url, headers, ...(call.body === undefined ? {} : { body: call.body }) };
}

function missing(provider: NamedProvider, { type }: Credential): never {
  throw new TypeError(`${provider.name} has no header for ${type}; connections check this when they are stored.`);
}
