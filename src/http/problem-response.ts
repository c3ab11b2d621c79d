/** The one place where errors become answers. */
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Metrics } from '../metrics/metrics.ts';
import { ProblemError, statusOf, type Problem } from '../model/problem.ts';
import { answerJson, sayHeader } from './answer.ts';
import type { RequestContext } from './env.ts';
import { codeOf, errorBody, originOf } from './error-body.ts';
import { isRecommended } from './recommended-path.ts';

/** Answers with every problem; as RFC 9457 where the caller asks for it. An unexpected error shows nothing of itself. */
export function problemResponse(c: RequestContext, error: unknown): Response {
  const problems = problemsOf(error);
  const status = overallStatus(problems);
  const retryAfter = problems.map(retryAfterOf).find((seconds) => seconds !== undefined);
  if (retryAfter !== undefined) sayHeader(c, 'retry-after', String(retryAfter));
  // HTTP asks for it with each 401, and some clients take none without it.
  if (status === 401) sayHeader(c, 'www-authenticate', 'Bearer');
  if (isRecommended(c)) return answerJson(c, { error: flatText(problems[0]) }, status);
  const errors = problems.map((problem) => errorBody(problem, c.get('requestId')));
  if (!wantsProblemJson(c)) return answerJson(c, { errors }, status);
  const { title, detail, code } = errorBody(decisive(problems), c.get('requestId'));
  const body = {
    type: `urn:stepgate:problem:${code}`,
    title,
    status,
    detail,
    instance: `urn:stepgate:request:${c.get('requestId')}`,
    errors,
  };
  return answerJson(c, body, status, 'application/problem+json');
}

/** For the one log line of the request. */
export function noteProblem(c: RequestContext, error: unknown): void {
  const told = decisive(problemsOf(error));
  Object.assign(c.get('line'), { code: codeOf(told), origin: originOf(told) });
}

export function countProblems(metrics: Metrics, error: unknown): void {
  for (const problem of problemsOf(error)) metrics.problem(codeOf(problem), originOf(problem));
}

export function overallStatus(problems: readonly [Problem, ...Problem[]]): ContentfulStatusCode {
  return statusOf(decisive(problems));
}

/** Mixed kinds answer 400 with all of them; else the first decides. */
function decisive(problems: readonly [Problem, ...Problem[]]): Problem {
  return problems.find((problem) => statusOf(problem) === 400) ?? problems[0];
}

const INTERNAL: Problem = {
  code: 'INTERNAL_ERROR',
  detail: 'The gateway failed in a way that it did not foresee. Its log has more under this request id.',
};

function problemsOf(error: unknown): ProblemError['problems'] {
  return error instanceof ProblemError ? error.problems : [INTERNAL];
}

/** The texts of the API that this route keeps to. */
function flatText({ code, detail }: Problem): string {
  return code === 'API_KEY_MISSING' || code === 'API_KEY_WRONG' ? 'Unauthorized: Invalid API key' : detail;
}

function retryAfterOf({ code, retryAfterSeconds }: Problem): number | undefined {
  return retryAfterSeconds ?? (code === 'STORE_UNAVAILABLE' ? STORE_RETRY_SECONDS : undefined);
}

/** Where it is away for longer, asking it again costs little. */
const STORE_RETRY_SECONDS = 1;

function wantsProblemJson(c: RequestContext): boolean {
  return (c.req.header('accept') ?? '').toLowerCase().includes('application/problem+json');
}
