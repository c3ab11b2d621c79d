/** One problem as the answers show it. */
import { isRetriable, PROBLEMS, statusOf, type Problem, type ProblemCode } from '../model/problem.ts';

export function errorBody(problem: Problem, requestId: string) {
  const { code, detail, pointer, parameter, header, provider, upstream, outcome, created, changed } = problem;
  const { differences, candidates, operation_id } = problem;
  const source = {
    ...(pointer === undefined ? {} : { pointer }),
    ...(parameter === undefined ? {} : { parameter }),
    ...(header === undefined ? {} : { header }),
  };
  return {
    id: requestId,
    title: PROBLEMS[code].title,
    detail,
    code: codeOf(problem),
    problem_type: code,
    status: String(statusOf(problem)),
    ...(Object.keys(source).length > 0 ? { source } : {}),
    meta: {
      origin: originOf(problem),
      ...(provider === undefined ? {} : { provider }),
      ...(upstream === undefined ? {} : { upstream }),
      retriable: isRetriable(problem),
      ...(outcome === undefined ? {} : { outcome }),
      ...(created === undefined ? {} : { created }),
      ...(changed === undefined ? {} : { changed }),
      ...(differences === undefined ? {} : { differences }),
      ...(candidates === undefined ? {} : { candidates }),
      ...(operation_id === undefined ? {} : { operation_id }),
    },
  };
}

export function codeOf({ code, outcome }: Problem): ProblemCode {
  return outcome === 'unknown' ? 'OUTCOME_UNKNOWN' : code;
}

export function originOf({ origin = 'gateway' }: Problem): NonNullable<Problem['origin']> {
  return origin;
}
