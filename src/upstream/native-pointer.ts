/** From a native key in a provider's error to the field of the record that was sent there, read off the declaration. */
import { cellFor, isNone } from '../model/cell.ts';
import { type NamedProvider } from '../model/declaration.ts';
import { pointerOf, STEP_FIELDS, STEP_TYPES, type StepField } from '../model/step.ts';

/** The pointer in the request body; undefined where no declared field ends up at that native key, or several do. */
export function pointerForNative(provider: NamedProvider, nativeKey: string): string | undefined {
  const create = provider.can.create_steps;
  if (isNone(create)) return undefined;
  const matches = (field: StepField): boolean =>
    STEP_TYPES.some((type) => {
      const cell = cellFor(create.fields[field], type);
      return cell.support === 'native' && cell.at?.includes('.') === true && lastKey(cell.at) === lastKey(nativeKey);
    });
  const pointers = new Set(STEP_FIELDS.filter((field) => field !== 'template.id' && matches(field)).map(pointerOf));
  const [pointer, ...others] = pointers;
  return pointer === undefined || others.length > 0 ? undefined : `/record${pointer}`;
}

function lastKey(key: string): string {
  return key.split('.').at(-1) ?? key;
}
