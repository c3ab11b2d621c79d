/** Reads the Prometheus text format 0.0.4 as strictly as it is written, and looks for what must not be in it. */
import { expectNoSecret } from './canary.ts';

export interface Exposition {
  readonly families: ReadonlyMap<string, Family>;
  /** By name and labels as they stand. */
  readonly samples: ReadonlyMap<string, number>;
}

export interface Family {
  readonly type: string;
  readonly help: string;
  readonly labels: ReadonlySet<string>;
}

const NAME = '[a-z_][a-z0-9_]*';
const HEAD = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`);
const SAMPLE = new RegExp(
  `^(${NAME})(?:\\{((?:${NAME}="[^"\\\\\\n]*",?)+)\\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|[+-]Inf|Nan)$`,
);

/** @throws {Error} with the line that is not of the format. */
export function readExposition(text: string): Exposition {
  const families = new Map<string, { type: string; help: string; labels: Set<string> }>();
  const samples = new Map<string, number>();
  let current = '';
  if (!text.endsWith('\n')) throw new Error('The last line does not end.');
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, word, name = '', rest = ''] = HEAD.exec(line) ?? [];
    if (word === 'HELP') {
      if (families.has(name)) throw new Error(`${name} is there twice.`);
      families.set(name, { type: '', help: rest, labels: new Set() });
      current = name;
    } else if (word === 'TYPE') {
      const family = families.get(name);
      if (!family || name !== current || !/^(counter|gauge|histogram)$/.test(rest)) throw new Error(line);
      family.type = rest;
    } else {
      const [, sample = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
      const family = families.get(current);
      const base = family?.type === 'histogram' ? sample.replace(/_(bucket|sum|count)$/, '') : sample;
      if (!family || base !== current || samples.has(line.slice(0, line.lastIndexOf(' ')))) throw new Error(line);
      for (const [, label = ''] of labels.matchAll(new RegExp(`(${NAME})=`, 'g'))) family.labels.add(label);
      samples.set(line.slice(0, line.lastIndexOf(' ')), value === '+Inf' ? Infinity : Number(value));
    }
  }
  return { families, samples };
}

/** No secret, and no customer: every one of the tests has the word in its id. */
export function expectNothingPrivate(text: string): void {
  expectNoSecret('the text of the metrics', text);
  const shown = text.split('\n').filter((line) => !line.startsWith('#'));
  const found = shown.find((line) => /customer/i.test(line));
  if (found !== undefined) throw new Error(`A metric names a customer: ${found}`);
}
