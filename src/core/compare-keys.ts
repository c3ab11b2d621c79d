/** Which keys of a body the gateway does not know: they are reported, never stripped in silence. */
import type { z } from 'zod';

/** Known keys with what lies below them; `open` where any key is allowed, such as in custom fields. */
export type KeyTree =
  | 'open'
  | { readonly kind: 'object'; readonly keys: Readonly<Record<string, KeyTree>> }
  | { readonly kind: 'array'; readonly items: KeyTree }
  /** One of several objects, told apart by the value of one key. */
  | { readonly kind: 'union'; readonly by: string; readonly options: ReadonlyMap<unknown, KeyTree> };

/** Reads the known keys off a schema once, at start. */
export function keyTree(schema: z.ZodType): KeyTree {
  const def = schema.def as SchemaDef;
  if (def.type === 'object' && def.shape) {
    return {
      kind: 'object',
      keys: Object.fromEntries(Object.entries(def.shape).map(([key, value]) => [key, keyTree(value)])),
    };
  }
  if (def.type === 'array' && def.element) return { kind: 'array', items: keyTree(def.element) };
  if (def.type === 'union' && def.discriminator !== undefined) return unionTree(def.discriminator, def.options ?? []);
  return def.innerType ? keyTree(def.innerType) : 'open';
}

/** The names that an object schema knows; empty for any other. */
export function knownKeys(schema: z.ZodType): readonly string[] {
  const tree = keyTree(schema);
  return tree !== 'open' && tree.kind === 'object' ? Object.keys(tree.keys) : [];
}

function unionTree(by: string, options: readonly z.ZodType[]): KeyTree {
  const entries = options.flatMap((option): [unknown, KeyTree][] => {
    const { shape = {} } = option.def as SchemaDef;
    const values = (shape[by]?.def as SchemaDef | undefined)?.values ?? [];
    return values.map((value) => [value, keyTree(option)]);
  });
  return { kind: 'union', by, options: new Map(entries) };
}

/** JSON pointers of the unknown keys at every depth, in the order of the body. */
export function unknownKeys(tree: KeyTree, value: unknown): readonly string[] {
  const found: string[] = [];
  collectUnknown(tree, value, [], found);
  return found;
}

/** @param path where the value stands */
function collectUnknown(tree: KeyTree, value: unknown, path: string[], found: string[]): void {
  if (tree === 'open' || value === null || typeof value !== 'object') return;
  const below = (key: string | number, of: KeyTree, inner: unknown): void => {
    path.push(String(key));
    collectUnknown(of, inner, path, found);
    path.pop();
  };
  if (Array.isArray(value) !== (tree.kind === 'array')) return;
  if (tree.kind === 'array') {
    for (const [index, item] of (value as readonly unknown[]).entries()) below(index, tree.items, item);
    return;
  }
  const object = value as Readonly<Record<string, unknown>>;
  if (tree.kind === 'union') {
    const chosen = tree.options.get(object[tree.by]);
    if (chosen !== undefined) collectUnknown(chosen, value, path, found);
    return;
  }
  for (const key of Object.keys(object)) {
    const known = Object.hasOwn(tree.keys, key) ? tree.keys[key] : undefined;
    if (known === undefined) found.push([...path, key].map((segment) => `/${escapePointer(segment)}`).join(''));
    else if (known !== 'open') below(key, known, object[key]);
  }
}

/** A key as a segment of a JSON pointer (RFC 6901). */
export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

interface SchemaDef {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly discriminator?: string;
  readonly options?: readonly z.ZodType[];
  /** Of a literal. */
  readonly values?: readonly unknown[];
}
