/** What the database refuses becomes one error of ours, with the database's own as its cause. */
import { ProblemError } from '../model/problem.ts';

/** @throws {ProblemError} 503 STORE_UNAVAILABLE. */
export async function guarded<T>(query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    const detail = 'The store of the gateway does not answer.';
    throw new ProblemError({ code: 'STORE_UNAVAILABLE', detail }, { cause: error });
  }
}
