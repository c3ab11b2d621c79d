import type { Turn, Turns } from '../../src/operations/turns.ts';

/** Work in a turn of its own, begun at once where nobody has it. */
export async function inTurn<T>(turns: Turns, key: string, work: (turn: Turn) => T | Promise<T>): Promise<T> {
  const taking = turns.take(key);
  const turn = taking instanceof Promise ? await taking : taking;
  try {
    return await work(turn);
  } finally {
    await turn.end();
  }
}
