/** Provider calls are the real cost: how many a create makes, counted in the goldens, which are compared with the wire in `npm test`. */
import { globSync, readFileSync } from 'node:fs';
import { ask, once, STEPGATE, STEPGATE_ASKED } from '../contenders.ts';
import { table } from '../figures.ts';
import type { Scene } from './scene.ts';

interface Golden {
  readonly name: string;
  readonly reads?: readonly unknown[];
  /** `made: false`: a conditional one that was not needed. */
  readonly requests?: readonly { readonly made?: boolean }[];
  readonly finds?: readonly unknown[];
}

const KINDS = [
  ['step', 'providers/*/goldens/types.json'],
  ['sequence', 'providers/*/goldens/sequences/{sequence,steps}.json'],
] as const;

export const calls: Scene = async (bench) => {
  const running = await STEPGATE.start(bench.upstream.url);
  try {
    const before = await bench.upstream.answered();
    await ask(running.url, once(STEPGATE_ASKED));
    const made = (await bench.upstream.answered()) - before;
    return {
      title: 'Provider calls',
      figures: [
        {
          what: 'provider calls of the create that is measured',
          target: '1',
          measured: String(made),
          isMet: made === 1,
        },
      ],
      detail: table(
        ['provider', 'what', 'reads before', 'writes', 'reads to find the id', 'in all'],
        KINDS.flatMap(([what, glob]) =>
          globSync(glob)
            .toSorted()
            .flatMap((file) => rowsOf(what, file)),
        ),
      ),
    };
  } finally {
    await running.stop();
  }
};

/** One row for those that cost the same. */
function rowsOf(what: string, file: string): readonly (readonly string[])[] {
  const [, provider = ''] = file.split('/');
  const goldens = JSON.parse(readFileSync(file, 'utf8')) as readonly Golden[];
  const same = new Map<string, string[]>();
  for (const { name, reads = [], requests, finds = [] } of goldens) {
    if (!requests) continue;
    const writes = requests.filter(({ made }) => made !== false).length;
    const key = [reads.length, writes, finds.length, reads.length + writes + finds.length].join();
    same.set(key, [...(same.get(key) ?? []), name.replaceAll('|', '/')]);
  }
  return [...same].map(([key, [first = '', ...others]]) => {
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
    return [provider, `${what}: ${first}${more}`, ...key.split(',')];
  });
}
