/** What speaks against a value, whatever it is for: too long, of another form, no id, a custom field that reaches too far. */
import type { Lossy, Native } from '../model/cell.ts';
import type { NamedProvider } from '../model/declaration.ts';
import type { Problem } from '../model/problem.ts';
import { forbiddenKeys } from './custom-fields.ts';

/** Pointers are relative to the value. */
export function limitProblems(
  provider: NamedProvider,
  cell: Native | Lossy,
  value: unknown,
  isId = false,
): readonly Problem[] {
  if (isId && !provider.id.matches(String(value))) {
    return [{ code: 'INVALID_VALUE', detail: `An id of ${provider.title} is ${provider.id.says}.` }];
  }
  if (cell.support === 'lossy') return [];
  const { max_length: max = Infinity, matches, refuses } = cell;
  if (refuses) return forbiddenKeys(value, refuses).map(forbidden);
  const texts = Array.isArray(value) ? value : [value];
  return texts.flatMap((text, index): readonly Problem[] => {
    if (typeof text !== 'string') return [];
    const pointer = Array.isArray(value) ? `/${index}` : '';
    if (text.length > max) {
      const detail = `${provider.title} takes at most ${max} characters here; this has ${text.length}.`;
      return [{ code: 'VALUE_TOO_LONG', detail, pointer }];
    }
    if (!matches || matches.matches(text)) return [];
    return [{ code: 'UNSUPPORTED_VALUE', detail: `${provider.title} takes ${matches.says} here.`, pointer }];
  });
}

function forbidden(key: string): Problem {
  const detail = `A custom field may not decide whose thing is written, its kind, or whether it runs: ${key.slice(1)}.`;
  return { code: 'FORBIDDEN_CUSTOM_FIELD', detail, pointer: key };
}
