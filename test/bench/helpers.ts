/** The two processes beside the contender: the load generator and the provider. Both stay on the last core. */
import type { Heard, Order } from './load.ts';
import { CORES, startNode, type Started } from './process.ts';
import type { UpstreamSettings } from './upstream.ts';

export interface Load {
  readonly process: Started;
  run(order: Order): Promise<Heard>;
}

export interface Upstream {
  readonly process: Started;
  readonly url: string;
  /** Requests that it has answered so far. */
  answered(): Promise<number>;
}

const BESIDE = CORES - 1;

export function startLoad(): Load {
  const process = startNode('load.ts', [], { core: BESIDE, ipc: true });
  return {
    process,
    run: (order) => {
      const heard = nextMessage<Heard>(process);
      process.child.send(order);
      return heard;
    },
  };
}

export async function startUpstream(settings: Partial<UpstreamSettings> = {}): Promise<Upstream> {
  const all: UpstreamSettings = { delayMs: 0, answer: 'step', ...settings };
  const process = startNode('upstream.ts', [JSON.stringify(all)], { core: BESIDE, ipc: true });
  const { url } = await nextMessage<{ readonly url: string }>(process);
  return {
    process,
    url,
    answered: async () => {
      const told = nextMessage<{ readonly answered: number }>(process);
      process.child.send('answered');
      return (await told).answered;
    },
  };
}

function nextMessage<T>({ child }: Started): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = (): void => {
      reject(new Error('A process of the bench ended too early; --verbose shows what it prints.'));
    };
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message as T);
    });
  });
}
