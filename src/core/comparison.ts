/** After a change whose success the provider's answer does not prove: what is not as it should be. */
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError, type Created, type Difference, type Problem } from '../model/problem.ts';
import type { Comparison } from '../model/update.ts';
import { warning, type Warning } from '../model/warning.ts';
import { escapePointer } from './compare-keys.ts';

/** More than a person reads. */
const MAX_DIFFERENCES = 50;

/**
 * What was asked for and is kept in another form is told, and so is what cannot be found in what was read back.
 * @param pointer the record that the change was asked with.
 * @throws {ProblemError} 502 PROVIDER_CHANGED_MORE where something is not as it was, or was asked for and is still as it
 * was or is not there; with the old values, so that they can be restored.
 */
export function settleComparison(
  provider: NamedProvider,
  comparison: Comparison | undefined,
  changed: readonly Created[],
  pointer: string,
): readonly Warning[] {
  if (!comparison) return [];
  const all = [...differences(comparison)];
  const wrong = all.filter((each) => !isAnotherForm(each));
  if (wrong.length > 0) throw new ProblemError(changedMore(provider, wrong, changed));
  const { unconfirmed = [] } = comparison;
  return [
    ...all.map(({ pointer: at, expected, found }) => {
      const detail = `${provider.title} was sent another value for ${at} than the one that it keeps.`;
      return warning(provider.name, { type: 'PROVIDER_CHANGED_VALUE', pointer, detail, from: expected, to: found });
    }),
    ...unconfirmed.map(({ at, detail }) => {
      const below = at.map((key) => `/${escapePointer(key)}`).join('');
      return warning(provider.name, { type: 'CHANGE_NOT_CONFIRMED', pointer: pointer + below, detail });
    }),
  ];
}

/** Whether nobody else has changed anything of it: each value is as it was, or as this change makes it. */
export function isUntouched(comparison: Comparison): boolean {
  return [...differences(comparison)].every(
    ({ before, expected, found }) => same(before, found) || (!isEmpty(found) && textOf(expected) === textOf(found)),
  );
}

/** Providers wrap texts in tags and move spaces; a tag with attributes, such as a link, says something of its own. */
function textOf(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll(/<\/?[a-z][a-z\d]*\s*\/?>|\s/gi, '') : value;
}

/** Providers tidy up what they are sent, such as markup. What is gone, or as it was, is no form of it. */
function isAnotherForm({ before, expected, found }: Difference): boolean {
  return !same(before, expected) && !same(before, found) && !isEmpty(found);
}

function changedMore(provider: NamedProvider, wrong: readonly Difference[], changed: readonly Created[]): Problem {
  const names = wrong.slice(0, 5).map(({ pointer }) => pointer);
  const more = wrong.length > names.length ? ` and ${wrong.length - names.length} more` : '';
  return {
    code: 'PROVIDER_CHANGED_MORE',
    detail: `${provider.title} accepted the change, but what it holds now is not what was asked for: ${names.join(', ')}${more}. The old values are in meta.differences.`,
    origin: 'remote-provider',
    provider: provider.name,
    changed: [...changed],
    differences: wrong.slice(0, MAX_DIFFERENCES),
  };
}

/** Both sides of the root are objects, so that a pointer is never empty. */
function* differences({ before, expected, found }: Values, pointer = ''): Generator<Difference> {
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

type Values = Omit<Difference, 'pointer'>;

/** Nothing is nothing, whether it is absent, null or empty. */
function same(one: unknown, other: unknown): boolean {
  if (Object.is(one, other) || (isEmpty(one) && isEmpty(other))) return true;
  if (!isObject(one) || !isObject(other) || Array.isArray(one) !== Array.isArray(other)) return false;
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].every((key) => same(one[key], other[key]));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return isObject(value) && Object.keys(value).length === 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
