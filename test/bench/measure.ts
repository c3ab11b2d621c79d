/** One sample: a load on a contender, and what it used meanwhile. */
import type { Running } from './contenders.ts';
import type { Load, Upstream } from './helpers.ts';
import type { Heard, Order } from './load.ts';
import { CORES, machineBusy } from './process.ts';

export interface Bench {
  readonly load: Load;
  readonly upstream: Upstream;
  readonly settings: Settings;
  /** How much of the machine others took, in each sample so far. */
  readonly others: number[];
}

export interface Settings {
  readonly rounds: number;
  readonly warmSeconds: number;
  readonly seconds: number;
  readonly isQuick: boolean;
}

export interface Sample {
  readonly heard: Heard;
  /** Answered with 2xx in a second. */
  readonly perSecond: number;
  /** Microseconds on a CPU for each request that was answered. */
  readonly cpu: number;
  /** Share of the machine that others took. */
  readonly others: number;
}

export const NOISY = 0.2;
/** Of a sample that is taken in turn with another one, because a shared machine changes its speed from minute to minute. */
export const TURN_SECONDS = 1;

/** @throws {Error} where nothing was answered well. */
export async function sample(
  bench: Bench,
  contenders: readonly Running[],
  order: Omit<Order, 'urls'>,
): Promise<Sample> {
  const ours = (): number =>
    [...contenders.map(({ process }) => process), bench.load.process, bench.upstream.process].reduce(
      (sum, each) => sum + each.cpu(),
      process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
    );
  const used = (): number => contenders.reduce((sum, { process }) => sum + process.cpu(), 0);
  const [machineBefore, oursBefore, before, begin] = [machineBusy(), ours(), used(), performance.now()];
  const heard = await bench.load.run({ urls: contenders.map(({ url }) => url), ...order });
  const [machineAfter, oursAfter, after, end] = [machineBusy(), ours(), used(), performance.now()];
  const elapsed = (end - begin) / 1000;
  const others = Math.max(0, (machineAfter - machineBefore - (oursAfter - oursBefore)) / (elapsed * CORES));
  bench.others.push(others);
  const answered = heard.good.count + heard.refused.count + heard.late;
  if (heard.good.count + heard.late === 0) throw new Error(`Nothing was answered: ${JSON.stringify(heard)}`);
  return { heard, perSecond: heard.good.count / heard.seconds, cpu: ((after - before) / answered) * 1e6, others };
}

/**
 * So many requests are answered before the first sample, however little of the machine there is; but not for ever. A contender that
 * does more has more to compile: after 20,000 a request of the gateway still costs up to a sixth more than after 40,000.
 */
const WARM_REQUESTS = 40_000;
const WARM_TIMES = 6;

/** For at least as long as the settings say. */
export async function warm(
  bench: Bench,
  contenders: readonly Running[],
  asked: Omit<Order, 'urls' | 'connections' | 'seconds'>,
  connections = 32,
): Promise<void> {
  const { warmSeconds, isQuick } = bench.settings;
  const order = { urls: contenders.map(({ url }) => url), ...asked, connections, seconds: warmSeconds };
  const enough = contenders.length * (isQuick ? WARM_REQUESTS / 4 : WARM_REQUESTS);
  for (let time = 0, answered = 0; time < WARM_TIMES && answered < enough; time += 1)
    answered += (await bench.load.run(order)).good.count;
}

/** @throws {Error} where anything but a 2xx came, because then another thing was measured. */
export function requireClean({ heard }: Sample, what: string): void {
  if (heard.refused.count + heard.errors > 0) throw new Error(`${what}: ${JSON.stringify(heard)}`);
}
