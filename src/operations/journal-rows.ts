/** What an operation has in memory of its calls and records, and the rows that are made of it when it is stored: most writes store nothing. */
import { hash as digestOf } from 'node:crypto';
import type { Call } from '../core/ports.ts';
import type { Created } from '../model/problem.ts';
import type { CallOutcome } from '../store/operation-writes.ts';
import type { CallState, OperationCallRow, OperationItemRow } from '../store/tables.ts';

/** As it was stored, or as it is sealed, once, when it is. */
export type Kept = { readonly sealed: string } | { readonly value: unknown; sealed?: string } | undefined;

export interface SentCall {
  readonly item: number;
  readonly position: number;
  /** As it is sent by this run, or as the journal has it of an earlier one. */
  readonly sent: Call | Pick<OperationCallRow, 'method' | 'path' | 'hash'>;
  readonly state: CallState;
  readonly answer: Kept;
  readonly created: Created | undefined;
  readonly changed: Created | undefined;
  readonly sent_at: number;
  readonly answered_at: number | null;
}

/** One record: what was prepared for it, and how it ended. */
export interface Item {
  readonly item: number;
  readonly prepared: Kept;
  readonly result: Kept;
}

export type Seal = (kept: Kept) => string | null;

export function storedCall(row: OperationCallRow, answer: Kept): SentCall {
  const { item, position, state, method, path, hash, sent_at, answered_at } = row;
  return {
    item,
    position,
    state,
    answer,
    sent_at,
    answered_at,
    sent: { method, path, hash },
    created: named(row.made_kind, row.made_id),
    changed: named(row.changed_kind, row.changed_id),
  };
}

export function callRow(operation_id: string, call: SentCall, seal: Seal): OperationCallRow {
  const { method } = call.sent;
  return {
    ...outcomeRow(operation_id, call, seal),
    method,
    path: pathOf(call),
    hash: hashOf(call.sent),
    sent_at: call.sent_at,
  };
}

/** What came of it, where the call itself is in the journal already, or is written before. */
export function outcomeRow(operation_id: string, call: SentCall, seal: Seal): CallOutcome {
  const { item, position, state, created, changed, answered_at } = call;
  return {
    operation_id,
    item,
    position,
    state,
    sealed_answer: seal(call.answer),
    answered_at,
    made_kind: created?.kind ?? null,
    made_id: created?.id ?? null,
    changed_kind: changed?.kind ?? null,
    changed_id: changed?.id ?? null,
  };
}

export function itemRow(operation_id: string, { item, prepared, result }: Item, seal: Seal): OperationItemRow {
  return { operation_id, item, sealed_prepared: seal(prepared), sealed_result: seal(result) };
}

/** SHA-256 of method, path, query and body. */
export function hashOf(sent: SentCall['sent']): string {
  if ('hash' in sent) return sent.hash;
  const { method, path, query, body } = sent;
  return digestOf('sha256', JSON.stringify([method, path, query ?? null, body ?? null]));
}

export function pathOf({ sent: { path } }: SentCall): string {
  return typeof path === 'string' ? path : path.join('/');
}

function named(kind: string | null, id: string | null): Created | undefined {
  return kind === null || id === null ? undefined : { kind, id };
}
