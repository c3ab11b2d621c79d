/** What the tests of the metrics share: a scrape, and what it shows of one metric. */
import { expect } from 'vitest';
import { readExposition, type Exposition } from '../support/exposition.ts';
import type { House } from '../support/house.ts';

export type Scraped = Pick<House, 'ask'>;

export async function scrape(at: Scraped): Promise<Exposition> {
  const answer = await at.ask('/metrics');
  expect(answer.status, answer.text).toBe(200);
  return readExposition(answer.text);
}

/** The samples of a metric, without its name and `stepgate_`; those that are 0 are left out. */
export async function counted(at: Scraped, metric: string): Promise<Readonly<Record<string, number>>> {
  const { samples } = await scrape(at);
  const own = [...samples].filter(([key, value]) => key.split('{')[0] === `stepgate_${metric}` && value !== 0);
  return Object.fromEntries(own.map(([key, value]) => [key.slice(`stepgate_${metric}`.length), value]));
}
