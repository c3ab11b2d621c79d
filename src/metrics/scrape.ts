/** What a scrape is answered. Only who wants it loads prom-client: that is a twentieth of a start. */
import { Registry, type Counter } from 'prom-client';
import { processMetrics } from './process.ts';

export { processMetrics };

export async function textOf(metrics: readonly Counter[]): Promise<string> {
  const registry = new Registry();
  for (const metric of metrics) registry.registerMetric(metric);
  return `${await registry.metrics()}\n${await processMetrics().metrics()}`;
}
