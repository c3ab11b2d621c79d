/** What the database refuses becomes one error of ours, with the database's own as its cause. */
import { ProblemError } from '../model/problem.ts';
import { stateOf } from './failures.ts';

/** @throws {ProblemError} 503 STORE_UNAVAILABLE. */
export async function guarded<T>(query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    // 22: a value that no column can hold, such as a NUL in a text. The database is there, and a repeat would not help.
    if (stateOf(error).startsWith('22')) throw error;
    const detail =
      'The store of the gateway does not answer. Send the request again in a moment, a write with the same Idempotency-Key; if this goes on, the operator of the gateway finds the reason in its log.';
    throw new ProblemError({ code: 'STORE_UNAVAILABLE', detail }, { cause: error });
  }
}
