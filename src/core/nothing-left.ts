/** A change of which nothing can be done, or that asks for nothing: an answer of success would say otherwise. */
import type { NamedProvider } from '../model/declaration.ts';
import type { Warning } from '../model/warning.ts';

/** With what has been left out on the way, each by its name. */
export function nothingLeft(provider: NamedProvider, warnings: readonly Warning[]): string {
  const leftOut = warnings.map(({ source, detail }) => `${source.pointer}: ${detail}`);
  return [`Nothing is left to change in ${provider.title}.`, ...leftOut].join(' ');
}

/** Custom fields without a key ask for nothing. */
export function withoutEmptyFields<T extends { readonly custom_fields?: unknown }>(record: T): T {
  const { custom_fields: custom, ...rest } = record;
  const isEmpty = typeof custom === 'object' && custom !== null && Object.keys(custom).length === 0;
  return isEmpty ? (rest as T) : record;
}
