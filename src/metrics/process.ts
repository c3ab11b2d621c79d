/** What Node tells of the process: CPU, memory, collections, the lag of its loop. */
import { collectDefaultMetrics, Registry } from 'prom-client';

let registry: Registry | undefined;

/** Once for the process, however many gateways it opens: its observers cannot be stopped. They cost nothing for a request (measured). */
export function processMetrics(): Registry {
  if (registry) return registry;
  registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
