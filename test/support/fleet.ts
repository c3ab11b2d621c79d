/**
 * Several `stepgate serve` on one PostgreSQL, each a process of its own. Whoever asks is sent from one to the next; a process
 * that dies by its order is started again at the same place, until the fleet is closed.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newKeyRing } from '../../src/connections/vault.ts';
import { expectNoSecretInAnswer, keepRequest, watchDatabase } from './canary.ts';
import type { KillOrder } from './gateway-process.ts';
import { toAnswer, type Answer } from './answer.ts';
import { API_KEY, PUBLIC_URL, RETURN_URL, type Ask } from './house.ts';
import { stepgate, type Finished, type Running } from './process.ts';

export interface FleetOptions {
  readonly size: number;
  readonly databaseUrl: string;
  readonly env?: Readonly<Record<string, string>>;
  /** When a process kills itself, asked for whenever one starts; by default never. */
  readonly nextKill?: () => KillOrder;
}

export interface Fleet {
  /** Undefined where the connection broke. Nobody is waited for. Without a place, the next one is asked. */
  ask(path: string, ask?: Ask, place?: number): Promise<Answer | undefined>;
  /** Of whichever is next. */
  url(): string;
  /** Those that run stay, as their orders are taken back. */
  live(): void;
  /** From now on it is not started again. */
  signal(place: number, signal: NodeJS.Signals): Promise<Finished>;
  start(place: number): Promise<void>;
  /** Sends a signal after which it goes on. */
  nudge(place: number, signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** Moves the clock of these processes, of all by default, ahead of this machine's. */
  setAhead(milliseconds: number, places?: readonly number[]): Promise<void>;
  /** What ended by its order, and what it printed. */
  readonly deaths: readonly Finished[];
  /** What those that run have printed so far is not in it. */
  printed(): string;
  close(): Promise<void>;
}

const PRELOADS = ['kill-at-commit', 'clock-ahead'].map(
  (name) => `--import=${new URL(`../faults/${name}.ts`, import.meta.url).href}`,
);
const NEVER: KillOrder = { side: 'before', nth: 0 };
const COMPILED = join(tmpdir(), 'stepgate-compiled');

interface Place {
  readonly orders: string;
  readonly clock: string;
  url: string;
  running?: Running;
  /** Whether somebody has told it to stop. */
  isLeft: boolean;
}

export async function openFleet({ size, databaseUrl, env = {}, nextKill = () => NEVER }: FleetOptions): Promise<Fleet> {
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-fleet-'));
  const places = Array.from({ length: size }, (_, index): Place => {
    return { orders: join(folder, `order-${index}`), clock: join(folder, `clock-${index}`), url: '', isLeft: false };
  });
  const settings = {
    PORT: '0',
    STEPGATE_API_KEY: API_KEY,
    STEPGATE_ENCRYPTION_KEYS: newKeyRing(),
    DATABASE_URL: databaseUrl,
    NODE_COMPILE_CACHE: COMPILED,
    STEPGATE_ALLOW_PRIVATE_UPSTREAMS: 'true',
    STEPGATE_PUBLIC_URL: PUBLIC_URL,
    STEPGATE_RETURN_URLS: RETURN_URL,
    ...env,
  };
  const deaths: Finished[] = [];
  const told: string[] = [];
  let tokens = 0;
  let asked = 0;
  let isMortal = true;
  const order = (place: Place, kill: KillOrder): void => {
    writeFileSync(place.orders, JSON.stringify({ token: String((tokens += 1)), ...kill }));
  };
  const at = (index: number): Place => {
    const place = places[index % size];
    if (!place) throw new Error('A fleet has one process at least.');
    return place;
  };
  const start = async (place: Place): Promise<void> => {
    place.isLeft = false;
    order(place, isMortal ? nextKill() : NEVER);
    const own = { KILL_ORDER: place.orders, CLOCK_AHEAD_MS: '0', CLOCK_AHEAD_FILE: place.clock };
    const running = stepgate(['serve'], { ...settings, ...own }, PRELOADS);
    place.running = running;
    void running.finished.then(async (end) => {
      told.push(end.stderr);
      if (place.isLeft) return;
      deaths.push(end);
      // One that dies before it listens is the next one's to say.
      if (place.running === running) await start(place).catch(() => undefined);
    });
    place.url = (await running.printed(/"url":"([^"]+)"/))[1] ?? '';
  };
  const signal = async (place: Place, name: NodeJS.Signals): Promise<Finished> => {
    if (!place.running) throw new Error('It was never started.');
    place.isLeft = true;
    return place.running.stop(name);
  };
  await Promise.all(places.map(start));

  const url = (): string => at((asked += 1)).url;
  return {
    url,
    deaths,
    printed: () => told.join(''),
    ask: async (path, { method = 'GET', headers = {}, body } = {}, place) => {
      const all = {
        'x-api-key': API_KEY,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      };
      keepRequest(all, path, body);
      const base = place === undefined ? url() : at(place).url;
      const given = Object.entries(all).filter(([, value]) => value !== '');
      let answer: Answer;
      try {
        const init = { method, headers: given, body: body === undefined ? null : JSON.stringify(body) };
        answer = await toAnswer(await fetch(base + path, { ...init, redirect: 'manual' }));
      } catch {
        return undefined;
      }
      expectNoSecretInAnswer(`${method} ${path}`, answer);
      return answer;
    },
    live: () => {
      isMortal = false;
      for (const place of places) order(place, NEVER);
    },
    signal: (place, name) => signal(at(place), name),
    start: (place) => start(at(place)),
    nudge: (place, name) => {
      void at(place).running?.stop(name);
    },
    setAhead: async (milliseconds, chosen = [...places.keys()]) => {
      await Promise.all(
        chosen.map(async (index) => {
          const { clock, running } = at(index);
          const token = (tokens += 1);
          writeFileSync(clock, JSON.stringify({ token, ms: milliseconds }));
          void running?.stop('SIGUSR2');
          await running?.printed(new RegExp(`the clock is ahead {"token":${token},`));
        }),
      );
    },
    close: async () => {
      isMortal = false;
      await Promise.all(places.map((place) => signal(place, 'SIGKILL')));
      await watchDatabase({ url: databaseUrl }).expectNoSecret();
      rmSync(folder, { recursive: true });
    },
  };
}
