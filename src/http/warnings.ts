/** Answers that carry warnings: counted in a header, and each with one log line. */
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Warning } from '../model/warning.ts';
import { answerJson, sayHeader } from './answer.ts';
import type { Gateway, RequestContext } from './env.ts';

export function answerWithWarnings(
  c: RequestContext,
  { log, metrics }: Gateway,
  body: object,
  warnings: readonly Warning[],
  status: ContentfulStatusCode,
  /** Those that stand further inside the body. */
  inside: readonly Warning[] = [],
): Response {
  const all = [...warnings, ...inside];
  sayHeader(c, 'x-warning-count', String(all.length));
  c.get('line').warnings = all.length;
  for (const each of all) {
    const { problem_type, action, source, provider } = each;
    metrics.warning(each);
    log.info({ request_id: c.get('requestId'), problem_type, action, pointer: source.pointer, provider }, 'warning');
  }
  return answerJson(c, { ...body, warnings }, status);
}
