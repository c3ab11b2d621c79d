/** After a change whose success the provider's answer does not prove: what is not as it should be. */
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError, type Created, type Difference, type Problem } from '../model/problem.ts';
import type { Comparison } from '../model/update.ts';
import { warning, type Warning } from '../model/warning.ts';
import { escapePointer } from './compare-keys.ts';

/** More than a person reads. */
const MAX_DIFFERENCES = 50;

/**
 * Values that were asked for and came back as a third one are told.
 * @throws {ProblemError} 502 PROVIDER_CHANGED_MORE where something is not as it was, or was asked for and is still as it
 * was; with the old values, so that they can be restored.
 */
export function settleComparison(
  provider: NamedProvider,
  comparison: Comparison | undefined,
  changed: readonly Created[],
  pointer: string,
): readonly Warning[] {
  if (!comparison) return [];
  const all = [...differences(comparison)];
  const wrong = all.filter(({ before, expected, found }) => same(before, expected) || same(before, found));
  if (wrong.length > 0) throw new ProblemError(changedMore(provider, wrong, changed));
  return all.map(({ pointer: at, expected, found }) => {
    const detail = `${provider.title} was sent another value for ${at} than the one that it keeps.`;
    return warning(provider.name, { type: 'PROVIDER_CHANGED_VALUE', pointer, detail, from: expected, to: found });
  });
}

function changedMore(provider: NamedProvider, wrong: readonly Difference[], changed: readonly Created[]): Problem {
  const names = wrong.slice(0, 5).map(({ pointer }) => pointer);
  const more = wrong.length > names.length ? ` and ${wrong.length - names.length} more` : '';
  return {
    code: 'PROVIDER_CHANGED_MORE',
    detail: `${provider.title} accepted the change, but what it holds now is not what was asked for: ${names.join(', ')}${more}. The old values are in meta.differences.`,
    ...{ origin: 'remote-provider', provider: provider.name, changed: [...changed] },
    differences: wrong.slice(0, MAX_DIFFERENCES),
  };
}

function* differences({ before, expected, found }: Comparison, pointer = ''): Generator<Difference> {
  if (same(expected, found)) return;
  if (!isObject(expected) || !isObject(found)) {
    yield { pointer, before, expected, found };
    return;
  }
  const old = isObject(before) ? before : {};
  for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    const inner = { before: old[key], expected: expected[key], found: found[key] };
    yield* differences(inner, `${pointer}/${escapePointer(key)}`);
  }
}

function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (!isObject(one) || !isObject(other) || Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && same(one[key], other[key]))
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
