/** A sequence made of a recommended one: its request has no steps, so what is said of one points at where it came from. */
import { ProblemError } from '../model/problem.ts';
import type { Warning } from '../model/warning.ts';
import type { CreatedSequence } from './create-sequence.ts';
import type { Preview } from './prepare.ts';

export const RECOMMENDED_POINTER = '/record/from_recommended';

export function previewRecommended(showing: Promise<Preview>): Promise<Preview> {
  return showing.then((shown) => ({ ...shown, warnings: pointed(shown.warnings) }), refused);
}

export function recommended(making: Promise<CreatedSequence>): Promise<CreatedSequence> {
  return making.then((made) => ({ ...made, warnings: pointed(made.warnings) }), refused);
}

function pointed(warnings: readonly Warning[]): readonly Warning[] {
  return warnings.map((each) => {
    const { pointer, detail } = moved(each.source.pointer, each.detail);
    return { ...each, detail, source: { ...each.source, pointer } };
  });
}

function refused(error: unknown): never {
  if (!(error instanceof ProblemError)) throw error;
  const problems = error.problems.map((each) =>
    each.pointer === undefined ? each : { ...each, ...moved(each.pointer, each.detail) },
  );
  throw new ProblemError(problems, { cause: error });
}

function moved(pointer: string, detail: string): { readonly pointer: string; readonly detail: string } {
  const match = /^\/record\/steps(?:\/(\d+))?/.exec(pointer);
  if (!match) return { pointer, detail };
  const [, index] = match;
  const said = index === undefined ? detail : `Step ${Number(index) + 1}: ${detail}`;
  return { pointer: RECOMMENDED_POINTER, detail: said };
}
