/** What stands between the core and a provider's socket, for each connection: retries, budget and circuit, in this order. */
import { LRUCache } from 'lru-cache';
import type { Clock } from '../core/ports.ts';
import type { NamedProvider } from '../model/declaration.ts';
import type { Transport } from '../upstream/transport.ts';
import { attempts } from './attempt.ts';
import { openBudget, type BudgetOptions, type PolicyState } from './budget.ts';
import { createCircuit } from './circuit.ts';
import type { Patience } from './patience.ts';
import type { Errand } from './link.ts';
import { withRetries } from './retries.ts';
import { keepShares, type LedgerBook } from './shares.ts';
import { createWaitingRoom } from './waiting-room.ts';

export interface Limits {
  /** Those of one connection, made at its first use. */
  of(customerId: string, provider: NamedProvider): ConnectionLimits;
  /** For a connection whose credentials have changed: what was counted belongs to the old ones. */
  forget(customerId: string, provider: NamedProvider): Promise<void>;
  /** For development mode, where the providers themselves begin anew. */
  forgetAll(): void;
  /** Gives back to the other processes what is not used here, and stops. */
  close(): Promise<void>;
  /** Gives back what has not been used for a while, as is done by itself every second. */
  tend(): Promise<void>;
  /** Requests that wait for a budget, or to be repeated. */
  waiting(): number;
}

/** What happens to calls on their way, for whoever counts it. */
export interface LimitEvents {
  retried(provider: string): void;
  /** For the budget, in vain or not. */
  waited(provider: string, milliseconds: number): void;
  /** The circuit of a connection. */
  opened(provider: string): void;
}

export interface ConnectionLimits {
  /** The way to the socket for one request. */
  open(socket: Transport, patience: Patience): LimitedTransport;
  standing(): readonly PolicyState[];
  /** Requests that wait for the budget, or to be repeated. */
  waiting(): number;
}

export interface LimitedTransport {
  readonly transport: Transport;
  /** The budget that this request has used; before its first call, the whole of the connection's. */
  standing(): readonly PolicyState[];
}

export interface LimitsOptions {
  readonly clock: Clock;
  readonly bounds?: LimitBounds;
  /** Where several processes keep what they spend together. */
  readonly ledgers?: LedgerBook;
  readonly events?: LimitEvents;
}

export interface LimitBounds {
  /** The least recently used connection is forgotten; its provider's next answer tells again what is left. */
  readonly connections: number;
  readonly waitingInProcess: number;
  readonly waitingForConnection: number;
}

export const LIMIT_BOUNDS: LimitBounds = { connections: 10_000, waitingInProcess: 1_000, waitingForConnection: 100 };

export function createLimits({ clock, bounds = LIMIT_BOUNDS, ledgers, events }: LimitsOptions): Limits {
  const everyone = createWaitingRoom(bounds.waitingInProcess);
  const known = new LRUCache<string, ConnectionLimits>({ max: bounds.connections });
  const shares = ledgers && keepShares(ledgers, clock);
  return {
    of: (customerId, provider) => {
      const key = keyOf(customerId, provider);
      const found = known.get(key);
      if (found) return found;
      const room = createWaitingRoom(bounds.waitingForConnection, everyone);
      const made = openConnectionLimits(provider, { clock, room, ...shares?.of(customerId, provider) }, events);
      known.set(key, made);
      return made;
    },
    forget: async (customerId, provider) => {
      known.delete(keyOf(customerId, provider));
      await shares?.forget(customerId, provider);
    },
    forgetAll: () => {
      known.clear();
    },
    close: async () => {
      await shares?.close();
    },
    tend: async () => {
      await shares?.tend();
    },
    waiting: () => everyone.waiting(),
  };
}

function openConnectionLimits(
  provider: NamedProvider,
  { clock, room, ...shared }: BudgetOptions,
  events?: LimitEvents,
): ConnectionLimits {
  const waited = (milliseconds: number): void => events?.waited(provider.name, milliseconds);
  const budget = openBudget(provider, { clock, room, waited, ...shared });
  const circuit = createCircuit(provider, clock, () => events?.opened(provider.name));
  const retried = (): void => events?.retried(provider.name);
  const attempt = attempts(circuit, budget, () => clock.now());
  const link = withRetries({ provider, clock, room, retried }, attempt);
  return {
    open: (socket, patience) => {
      const errand: Errand = { patience, socket, touched: [] };
      return {
        transport: (outgoing, about) => link(outgoing, about, errand),
        standing: () => budget.standing(errand.touched),
      };
    },
    standing: () => budget.standing(),
    waiting: () => room.waiting(),
  };
}

/** Neither part can hold a line break. */
function keyOf(customerId: string, { name }: NamedProvider): string {
  return `${name}\n${customerId}`;
}
