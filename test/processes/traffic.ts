/** Writes from many customers at a fleet, of which a share goes wrong; and readers who would spend more than their budget. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Accounts, Account, Loaded } from '../load/accounts.ts';
import { LOADED } from '../load/accounts.ts';
import type { Client, Told } from '../load/client.ts';
import { addFault, draw, pick, type Place, type Random } from '../load/mix.ts';
import { cursorTo } from '../support/cursors.ts';

export interface Traffic {
  readonly client: Client;
  readonly places: readonly Place[];
  readonly random: Random;
  /** Of the requests, those with a call that goes wrong. */
  readonly faulty: number;
  readonly perSecond: number;
  readonly seconds: number;
  /** How long clients go on repeating when no new requests come. */
  readonly drainSeconds: number;
  /** When all have been sent. */
  readonly sent?: () => void;
}

export async function sendTraffic(traffic: Traffic): Promise<readonly Told[]> {
  const { client, places, random, faulty, perSecond, seconds, drainSeconds, sent } = traffic;
  const begin = performance.now();
  const end = begin + seconds * 1000;
  const running: Promise<Told>[] = [];
  while (performance.now() < end) {
    const due = Math.floor(((performance.now() - begin) / 1000) * perSecond);
    while (running.length < due) {
      const job = draw(pick(places, random), running.length, random);
      if (random() < faulty) addFault(job, random);
      running.push(client.perform(job, () => end + drainSeconds * 1000));
    }
    await sleep(5);
  }
  for (const { account } of places) for (const name of LOADED) account.sandboxes[name].clearFaults();
  sent?.();
  return Promise.all(running);
}

/** What an account may spend in a minute: twenty of the dear pages, and fifty searches. */
export const SMALL = {
  salesloft: { cost_per_minute: 600 },
  apollo: { per_minute: 50, per_hour: 200, per_day: 600 },
} as const;
const DEAR_PAGE = '501';
const READERS = 4;

/** Reads without a pause, as several readers at once who wait for the budget, until it is stopped. */
export function spend(client: Client, { customer }: Account): { stop(): Promise<void> } {
  const state = { isOver: false };
  const read = async (provider: keyof typeof SMALL): Promise<void> => {
    const headers = { 'x-customer-id': customer, 'x-provider-name': provider, prefer: 'wait=5' };
    const dear = `?cursor=${cursorTo(provider, DEAR_PAGE, 'sequences', 25, customer)}`;
    while (!state.isOver) {
      const { status } = await client.ask(`/sequences${provider === 'salesloft' ? dear : ''}`, {
        method: 'GET',
        headers,
      });
      if (status !== 200) await sleep(200);
    }
  };
  const all = Object.keys(SMALL).flatMap((name) =>
    Array.from({ length: READERS }, () => read(name as keyof typeof SMALL)),
  );
  return {
    stop: async () => {
      state.isOver = true;
      await Promise.all(all);
    },
  };
}

/** What a provider has refused although nobody told it to go wrong. */
export function overspent({ all }: Accounts): readonly string[] {
  return all.flatMap(({ customer, sandboxes }) =>
    LOADED.flatMap((name: Loaded) =>
      sandboxes[name]
        .calls()
        .filter(({ status, fault }) => status === 429 && fault === undefined)
        .map(({ method, path, answer }) => `${customer} ${name} ${method} ${path} ${answer.slice(0, 100)}`),
    ),
  );
}
