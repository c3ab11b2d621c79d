/** Operations: begun, found again by their idempotency key, taken over where they were left, and shown. */
import { hash, randomUUID } from 'node:crypto';
import { ProblemError, type Problem } from '../model/problem.ts';
import type { OperationStore, WholeOperation } from '../store/operation-store.ts';
import { sortableId } from '../store/sortable-id.ts';
import type { OperationRow } from '../store/tables.ts';
import { fromKept } from './kept-input.ts';
import { LEASE_MS } from './lease.ts';
import { beginOperation, newRow, openOperation, type Answered, type ComeBack, type Operation } from './operation.ts';
import type { OperationHouse } from './operation-house.ts';

export interface Seed {
  readonly customer_id: string;
  readonly provider: string;
  readonly kind: string;
  readonly request_id: string;
  /** What is asked, as plain data. */
  readonly input: unknown;
}

/** An idempotency key with what makes two requests the same. */
export interface Key {
  /** Whose key it is: customer, provider, method, path and the key itself. */
  readonly scope: readonly string[];
  /** What was asked: body, query and handling. */
  readonly request: unknown;
}

export interface Resumable {
  readonly row: OperationRow;
  readonly input: unknown;
  readonly operation: Operation;
}

export interface Operations {
  begin(seed: Seed): Operation;
  /**
   * Runs the work once for a key: at the first request, or where an earlier one was left. A repeat is answered as before.
   * @throws {ProblemError} 422 for another request with the same key, 409 while the first one is under way.
   */
  once<T>(key: Key, seed: Seed, work: (operation: Operation, input: unknown) => Promise<T>): Promise<Once<T>>;
  /** @throws {ProblemError} 404; 409 while somebody works at it. Undefined where it is closed. */
  resume(id: string, comeBack?: ComeBack): Promise<Resumable | undefined>;
  /** @throws {ProblemError} 404. */
  get(id: string): Promise<WholeOperation>;
  open(filter: Parameters<OperationStore['open']>[0]): ReturnType<OperationStore['open']>;
  /** What the caller was answered; undefined where nothing is kept any more. @throws {ProblemError} 500 OPERATION_UNREADABLE. */
  answered(row: OperationRow): Answered | undefined;
  /** For development mode, after a reset of the sandboxes. */
  forgetAll(): Promise<void>;
}

export type Once<T> = { readonly made: T } | { readonly replayed: Answered };

export function createOperations(house: OperationHouse): Operations {
  const { store, vault, clock, owner } = house;
  /** Keys that this process works at, each with its request, so that a second one does not wait for the first one's journal. */
  const underway = new Map<string, string>();
  const read = (sealed: string | null, row: OperationRow): unknown =>
    sealed === null ? undefined : (JSON.parse(vault.open(sealed, row)) as unknown);

  const answerOf = (row: OperationRow): Answered | undefined => {
    try {
      return read(row.sealed_answer, row) as Answered | undefined;
    } catch (error) {
      throw new ProblemError(unreadable(row, 'its answer cannot be repeated'), { cause: error });
    }
  };

  const inputOf = (row: OperationRow): unknown => fromKept(read(row.sealed_input, row)).input;

  const begin = (seed: Seed, key?: { readonly scope: string; readonly fingerprint: string }): Operation => {
    const { input, customer_id, provider, kind, request_id } = seed;
    const id = sortableId(clock.now());
    const row = newRow(house, { id, customer_id, provider, kind, key_scope: key?.scope ?? null, request_id });
    const keyRow = key && { ...key, operation_id: row.id, created_at: row.created_at };
    return beginOperation(house, row, { input, key: keyRow });
  };

  const take = async ({ row }: WholeOperation, comeBack?: ComeBack): Promise<Resumable | undefined> => {
    const now = clock.now();
    const holder = `${owner}/${randomUUID()}`;
    const isTaken = await store.lease(row.id, { owner: holder, now, until: now + LEASE_MS });
    // Somebody may have gone on with it, or ended it, since it was read.
    const current = await store.get(row.id);
    if (isTaken && current) {
      const operation = openOperation(house, current, comeBack);
      try {
        return { row, input: inputOf(row), operation };
      } catch (error) {
        // Nobody works at it any more, so that nobody comes back to it by himself.
        await operation.release();
        throw new ProblemError(unreadable(row, 'it cannot be gone on with'), { cause: error });
      }
    }
    if (current?.row.status === 'open') throw new ProblemError(inFlight(current.row, now));
    return undefined;
  };

  const get = async (id: string): Promise<WholeOperation> => {
    const whole = await store.get(id);
    if (whole) return whole;
    throw operationNotFound(id);
  };

  /** As it is now: it may have been ended since it was read. */
  const replay = async (id: string, provider: string): Promise<Answered> => {
    const whole = await store.get(id);
    // It was forgotten, because it was proved that nothing was done: the next one begins anew.
    if (!whole) throw new ProblemError(keyInFlight(provider, 1));
    return answerOf(whole.row) ?? gone(whole.row);
  };

  return {
    begin,
    once: async ({ scope: parts, request }, seed, work) => {
      const [scope, fingerprint] = [digest(parts), digest(request)];
      const first = underway.get(scope);
      if (first !== undefined)
        throw new ProblemError(first === fingerprint ? keyInFlight(seed.provider, 1) : reused(seed.provider));
      underway.set(scope, fingerprint);
      try {
        const found = await store.key(scope);
        if (found && found.fingerprint !== fingerprint) throw new ProblemError(reused(seed.provider));
        const whole = found && (await store.get(found.operation_id));
        if (!whole) return { made: await work(begin(seed, { scope, fingerprint }), seed.input) };
        const taken = whole.row.status === 'open' ? await take(whole) : undefined;
        if (!taken) return { replayed: await replay(whole.row.id, seed.provider) };
        try {
          return { made: await work(taken.operation, taken.input) };
        } finally {
          await taken.operation.release();
        }
      } finally {
        underway.delete(scope);
      }
    },
    resume: async (id, comeBack) => {
      const whole = await get(id);
      return whole.row.status === 'open' ? take(whole, comeBack) : undefined;
    },
    get,
    open: (filter) => store.open(filter),
    answered: answerOf,
    forgetAll: async () => {
      house.made.forget();
      await store.forgetAll();
    },
  };
}

/** What is said where there is no such operation, or none that the caller may know of. */
export function operationNotFound(id: string): ProblemError {
  return new ProblemError({ code: 'OPERATION_NOT_FOUND', detail: `There is no operation ${id}.` });
}

function gone({ id }: OperationRow): never {
  throw new TypeError(`The answer of ${id} is gone before its key.`);
}

function digest(value: unknown): string {
  return hash('sha256', JSON.stringify(canonical(value)));
}

/** The same however its keys are ordered. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return { object: entries.map(([key, inner]) => [key, canonical(inner)]) };
}

function reused(provider: string): Problem {
  const detail =
    'This idempotency key was used for another request. Send a new key with a new request; nothing was sent.';
  return { code: 'IDEMPOTENCY_KEY_REUSED', detail, provider, header: 'idempotency-key' };
}

function keyInFlight(provider: string, retryAfterSeconds: number): Problem {
  const detail = 'The first request with this idempotency key is still under way. Repeat it later; nothing was sent.';
  return { code: 'IDEMPOTENCY_KEY_IN_FLIGHT', detail, provider, header: 'idempotency-key', retryAfterSeconds };
}

function unreadable({ id, provider }: OperationRow, therefore: string): Problem {
  const detail = `What was kept of the operation ${id} cannot be opened with the encryption keys of this gateway, so that ${therefore}. Nothing was sent; look in the provider for what is there.`;
  return { code: 'OPERATION_UNREADABLE', detail, provider, operation_id: id };
}

function inFlight({ id, provider, key_scope: key, lease_until: until }: OperationRow, now: number): Problem {
  const seconds = Math.max(1, Math.ceil((until - now) / 1000));
  if (key !== null) return { ...keyInFlight(provider, seconds), operation_id: id };
  const detail = `Somebody works at the operation ${id}. Nothing was sent.`;
  return { code: 'OPERATION_IN_FLIGHT', detail, provider, retryAfterSeconds: seconds, operation_id: id };
}
