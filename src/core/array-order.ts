/** Of several steps the array says the order; a number that says another is told. */
import type { None } from '../model/cell.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { warning, type Warning } from '../model/warning.ts';
import type { Asked } from './negotiate.ts';

export const ARRAY_DECIDES: None = {
  support: 'none',
  because: 'Steps are made in the order of the array; a number that says another place is left out.',
};

export function withoutOrder<T extends { readonly order?: unknown }>({
  order: _order,
  ...record
}: T): Omit<T, 'order'> {
  return record;
}

/** @param number the 1-based place of the step in the array. */
export function orderWarnings(
  provider: NamedProvider,
  { record: { order }, pointer }: Asked,
  number: number,
): readonly Warning[] {
  if (order === undefined || order === number) return [];
  const detail = `Steps are made in the order of the array: this is number ${number}, not ${order}.`;
  const facts = { type: 'ORDER_FROM_ARRAY', pointer: `${pointer}/order`, detail, from: order, to: number } as const;
  return [warning(provider.name, facts)];
}
