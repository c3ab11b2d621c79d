/**
 * Exported steps have their content and no ids, listed ones ids and no content. They are joined by day, type, name and
 * position; that the steps of one day stand in the same order in both is not known.
 */
import { byRun, type Placed } from './responses.ts';

interface Exported {
  readonly group: { readonly day: number };
  readonly step: { readonly type: string; readonly name?: string | null | undefined };
}

interface Listed extends Placed {
  readonly type: string;
  readonly name?: string | null | undefined;
}

export interface Pair<C, L> {
  readonly content: C;
  /** Absent where it is not certain which one it is. */
  readonly listed: L | undefined;
}

/**
 * By position where all of them then agree. Where one does not, the position says nothing of any: each is the listed one
 * of its day, type and name, if there is only one on both sides. Both are given in the order in which they run; where all
 * are certain the pairs are in that of the list, which has a number within the day.
 */
export function pairUp<C extends Exported, L extends Listed>(
  contents: readonly C[],
  listed: readonly L[],
): readonly Pair<C, L>[] {
  // No key has a line break in it.
  if (contents.map(exportedKey).join('\n') === listed.map(listedKey).join('\n'))
    return contents.map((content, index) => ({ content, listed: listed[index] }));
  const twins = Map.groupBy(contents, exportedKey);
  const candidates = Map.groupBy(listed, listedKey);
  const pairs = contents.map((content) => {
    const key = exportedKey(content);
    const [only, ...others] = candidates.get(key) ?? [];
    const isCertain = others.length === 0 && twins.get(key)?.length === 1;
    return { content, listed: isCertain ? only : undefined };
  });
  const certain = pairs.flatMap((pair) => (pair.listed ? [{ ...pair, listed: pair.listed }] : []));
  return certain.length === pairs.length ? certain.toSorted((a, b) => byRun(a.listed, b.listed)) : pairs;
}

/** Exported `Phone`, listed `phone`. */
export function exportedKey({ group, step }: Exported): string {
  return JSON.stringify([group.day, step.type.toLowerCase(), step.name ?? null]);
}

export function listedKey({ day, type, name }: Listed): string {
  return JSON.stringify([day, type, name ?? null]);
}
