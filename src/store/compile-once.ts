/** Queries that are built and compiled once: that costs several times what running one does. */
import type { Compilable, CompiledQuery } from 'kysely';

/** Stands for a parameter while a query is built. */
interface Place {
  readonly place: string;
}

interface Compiled<R> {
  readonly query: CompiledQuery<R>;
  /** What is not a place is the query's own. */
  readonly values: readonly unknown[];
}

/**
 * The query as a function of its parameters. It is built once for each set of names that they have, so that what is built may
 * depend on which of them are there, but never on a value.
 */
export function compileOnce<P extends object, R>(
  build: (parameters: P) => Compilable<R>,
): (parameters: P) => Compilable<R> {
  const byNames = new Map<string, Compiled<R>>();
  const compile = (names: readonly string[], key: string): Compiled<R> => {
    // The only place where what stands for a value is taken for one.
    const query = build(placesOf(names) as unknown as P).compile();
    const compiled = { query, values: query.parameters };
    byNames.set(key, compiled);
    return compiled;
  };
  return (parameters) => {
    const given = parameters as Readonly<Record<string, unknown>>;
    const names = Object.keys(given);
    const key = names.join();
    const { query, values } = byNames.get(key) ?? compile(names, key);
    const bound = values.map((value) => (isPlace(value) ? given[value.place] : value));
    return { compile: () => ({ ...query, parameters: bound }) };
  };
}

function placesOf(names: readonly string[]): Readonly<Record<string, Place>> {
  return Object.fromEntries(names.map((name) => [name, { place: name }]));
}

function isPlace(value: unknown): value is Place {
  return typeof value === 'object' && value !== null && 'place' in value;
}
