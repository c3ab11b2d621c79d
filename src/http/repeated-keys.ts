/** Keys that stand twice in one object: JSON leaves open which one counts, and a parser keeps the last without a word. */
import { escapePointer } from '../core/compare-keys.ts';

/** How many keys are left of a text that was parsed. It is as deep as the text was. */
export function countKeys(value: unknown): number {
  if (value === null || typeof value !== 'object') return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const inner of value) count += countKeys(inner);
    return count;
  }
  for (const inner of Object.values(value)) count += 1 + countKeys(inner);
  return count;
}

/** An object or a list that is open where the text is read; `at` is the key or the index that is read in it. */
interface Open {
  readonly keys: Set<string> | undefined;
  at: string | number | undefined;
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},]/g;

/** The pointer to the first key that its object has already, in a text that is known to be JSON. */
export function firstRepeatedKey(text: string): string | undefined {
  const open: Open[] = [];
  for (const [token] of text.matchAll(TOKEN)) {
    const inside = open.at(-1);
    if (token === '{') open.push({ keys: new Set(), at: undefined });
    else if (token === '[') open.push({ keys: undefined, at: 0 });
    else if (token === '}' || token === ']') open.pop();
    else if (token === ',') next(inside);
    else if (inside?.keys && inside.at === undefined && isRepeated(inside, inside.keys, token)) return pointerTo(open);
  }
  return undefined;
}

function next(inside: Open | undefined): void {
  if (inside) inside.at = typeof inside.at === 'number' ? inside.at + 1 : undefined;
}

function isRepeated(inside: Open, keys: Set<string>, token: string): boolean {
  const key = JSON.parse(token) as string;
  inside.at = key;
  if (keys.has(key)) return true;
  keys.add(key);
  return false;
}

function pointerTo(open: readonly Open[]): string {
  return open.map(({ at }) => `/${escapePointer(String(at))}`).join('');
}
