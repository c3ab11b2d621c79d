/** Rows whose costly parts, what is sealed or hashed, are made when they are stored: most writes store nothing. */
import type { CallOutcome } from '../store/operation-store.ts';
import type { OperationCallRow, OperationItemRow } from '../store/tables.ts';

/** Made when it is first asked for, and then kept. */
export type Late<T> = () => T;

type Sealed = Late<string | null>;

export type SentCall = Omit<OperationCallRow, 'hash' | 'sealed_answer'> & {
  readonly hash: Late<string>;
  readonly sealed_answer: Sealed;
};

export type Item = Omit<OperationItemRow, 'sealed_prepared' | 'sealed_result'> & {
  readonly sealed_prepared: Sealed;
  readonly sealed_result: Sealed;
};

export function once<T>(make: () => T): Late<T> {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

export function nothing(): null {
  return null;
}

export function callRow(call: SentCall): OperationCallRow {
  return { ...call, hash: call.hash(), sealed_answer: call.sealed_answer() };
}

/** What came of it, where the call itself is in the journal already, or is written before. */
export function outcomeRow({
  method: _method,
  path: _path,
  hash: _hash,
  sent_at: _sent,
  ...outcome
}: SentCall): CallOutcome {
  return { ...outcome, sealed_answer: outcome.sealed_answer() };
}

export function itemRow(item: Item): OperationItemRow {
  return { ...item, sealed_prepared: item.sealed_prepared(), sealed_result: item.sealed_result() };
}
