/** What was measured as Markdown, put into docs/performance.md between two marks; what stands around them is written by hand. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { table } from './figures.ts';
import { NOISY, type Bench } from './measure.ts';
import { CORES, IS_PINNED } from './process.ts';
import type { Told } from './scenes/scene.ts';

const FILE = fileURLToPath(new URL('../../docs/performance.md', import.meta.url));

export function reportOf(told: readonly Told[], { settings, others }: Bench): string {
  const date = new Date().toISOString().slice(0, 10);
  const noisy = others.filter((each) => each > NOISY).length;
  const pinned = IS_PINNED
    ? 'the contender on one core, the load and the provider on another'
    : 'nothing pinned to a core';
  const rows = told.flatMap(({ figures }) =>
    figures.map(({ what, target = '', measured, isMet }) => [
      what,
      target,
      measured,
      isMet === undefined ? '' : isMet ? 'yes' : '**no**',
    ]),
  );
  return [
    `${date}, ${CORES} cores, ${process.platform} ${process.arch}, Node ${process.version}; ${settings.rounds} round${settings.rounds === 1 ? '' : 's'}, ${pinned}. In ${noisy} of ${others.length} samples others took more than ${NOISY * 100} % of the machine${noisy > others.length / 4 ? ': only CPU ratios count here' : ''}.`,
    table(['what', 'target', 'measured: median (least-most)', 'met'], rows),
    ...told.flatMap(({ title, detail }) => (detail === undefined ? [] : [`### ${title}`, detail])),
  ].join('\n\n');
}

/** @param run which of the two tables. @throws {Error} where the marks are not there. */
export function writeReport(report: string, run: number): void {
  const text = readFileSync(FILE, 'utf8');
  const [begin, end] = [`<!-- run ${run} -->`, `<!-- end of run ${run} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for run ${run}.`);
  writeFileSync(FILE, `${text.slice(0, from + begin.length)}\n\n${report}\n\n${text.slice(to)}`);
}
