/** The one route that keeps to another API than ours: `routes/recommended.ts`. */
import type { RequestContext } from './env.ts';

export const RECOMMENDED_PATH = '/sequences/get_sequences';

/** Whether a request is for that route, whose errors are flat and whose key may stand in `Api-Key`. */
export function isRecommended(c: RequestContext): boolean {
  return c.req.path === RECOMMENDED_PATH;
}
