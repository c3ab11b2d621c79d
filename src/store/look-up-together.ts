/** Look-ups of one turn of the loop in one query: asking a database costs several times what finding a row does. */

/** In one query; a power of two. */
const MOST = 128;

interface Asking<R> {
  readonly key: string;
  readonly resolve: (row: R | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** @param find is asked for 1, 2, 4, ... keys, so that there are few queries to compile; some may be the same. */
export function lookUpTogether<R>(
  find: (keys: readonly string[]) => Promise<readonly R[]>,
  keyOf: (row: R) => string,
): (key: string) => Promise<R | undefined> {
  let asking: Asking<R>[] = [];

  const look = async (some: readonly Asking<R>[]): Promise<void> => {
    try {
      const rows = await find(padded(some.map(({ key }) => key)));
      const found = new Map(rows.map((row) => [keyOf(row), row]));
      for (const { key, resolve } of some) resolve(found.get(key));
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  };
  const lookAll = (): void => {
    const all = asking;
    asking = [];
    for (let from = 0; from < all.length; from += MOST) void look(all.slice(from, from + MOST));
  };

  return (key) =>
    new Promise((resolve, reject) => {
      if (asking.length === 0) setImmediate(lookAll);
      asking.push({ key, resolve, reject });
    });
}

function padded(keys: readonly string[]): readonly string[] {
  const length = 2 ** Math.ceil(Math.log2(keys.length));
  return Array.from({ length }, (_, index) => keys[Math.min(index, keys.length - 1)] ?? '');
}
