/** A change of which nothing can be done, or that asks for nothing: an answer of success would say otherwise. */
import type { NamedProvider } from '../model/declaration.ts';
import type { Problem } from '../model/problem.ts';
import type { Warning } from '../model/warning.ts';

/** With what has been left out on the way, each by its name; `pointer` is to the whole record. */
export function nothingLeft(provider: NamedProvider, warnings: readonly Warning[], pointer: string): Problem {
  const leftOut = warnings.map(({ source, detail }) => `${source.pointer}: ${detail}`);
  // What the gateway itself does not know is no matter of the provider's.
  if (warnings.every(({ problem_type }) => problem_type === 'UNKNOWN_FIELD')) {
    const detail = ['Nothing is left to change: the record has no field that can be changed.', ...leftOut].join(' ');
    return { code: 'INVALID_VALUE', detail, pointer };
  }
  const detail = [`Nothing is left to change in ${provider.title}.`, ...leftOut].join(' ');
  return { code: 'UNSUPPORTED_VALUE', detail, pointer, provider: provider.name };
}

/** Custom fields without a key ask for nothing. */
export function withoutEmptyFields<T extends { readonly custom_fields?: unknown }>(record: T): T {
  const { custom_fields: custom, ...rest } = record;
  const isEmpty = typeof custom === 'object' && custom !== null && Object.keys(custom).length === 0;
  return isEmpty ? (rest as T) : record;
}
