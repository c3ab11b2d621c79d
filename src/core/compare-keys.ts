/** Which keys of a body the gateway does not know: they are reported, never stripped in silence. */
import type { z } from 'zod';

/** Known keys with what lies below them; `open` where any key is allowed, such as in custom fields. */
export type KeyTree = 'open' | { readonly [key: string]: KeyTree } | { readonly items: KeyTree; readonly array: true };

/** Reads the known keys off a schema once, at start. */
export function keyTree(schema: z.ZodType): KeyTree {
  const def = schema.def as SchemaDef;
  if (def.type === 'object' && def.shape) {
    return Object.fromEntries(Object.entries(def.shape).map(([key, value]) => [key, keyTree(value)]));
  }
  if (def.type === 'array' && def.element) return { items: keyTree(def.element), array: true };
  if (def.innerType) return keyTree(def.innerType);
  return 'open';
}

/** JSON pointers of the unknown keys at every depth, in the order of the body. */
export function unknownKeys(tree: KeyTree, value: unknown, pointer = ''): readonly string[] {
  if (tree === 'open' || value === null || typeof value !== 'object') return [];
  if (isArrayTree(tree)) {
    if (!Array.isArray(value)) return [];
    return value.flatMap((item, index) => unknownKeys(tree.items, item, `${pointer}/${String(index)}`));
  }
  if (Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const below = Object.hasOwn(tree, key) ? tree[key] : undefined;
    const here = `${pointer}/${escapePointer(key)}`;
    return below === undefined ? [here] : unknownKeys(below, inner, here);
  });
}

/** A key as a segment of a JSON pointer (RFC 6901). */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function isArrayTree(tree: Exclude<KeyTree, 'open'>): tree is { readonly items: KeyTree; readonly array: true } {
  return tree['array'] === true;
}

interface SchemaDef {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly innerType?: z.ZodType;
}
