/** From a native key in a provider's error to the field of the record that was sent there, read off the declaration. */
import { cellFor, type Cell, type FlatCell } from '../model/cell.ts';
import { SEQUENCE_FIELDS, type SequenceField } from '../model/sequence.ts';
import { pointerOf, STEP_FIELDS, STEP_TYPES, type StepField } from '../model/step.ts';

/** The pointer inside a step; undefined where no declared field ends up at that native key, or several do. */
export function stepPointer(
  fields: Readonly<Record<StepField, Cell>>,
  nativeKey: string | undefined,
): string | undefined {
  if (nativeKey === undefined) return undefined;
  const matches = (field: StepField): boolean =>
    STEP_TYPES.some((type) => isAt(cellFor(fields[field], type), nativeKey));
  return onlyOne(STEP_FIELDS.filter((field) => field !== 'template.id' && matches(field)).map(pointerOf));
}

/** The same inside a sequence, of its own fields. */
export function sequencePointer(
  fields: Readonly<Record<SequenceField, FlatCell>>,
  nativeKey: string | undefined,
): string | undefined {
  if (nativeKey === undefined) return undefined;
  return onlyOne(SEQUENCE_FIELDS.filter((field) => isAt(fields[field], nativeKey)).map((field) => `/${field}`));
}

export function pointerFrom(above: string, below: string | undefined): string | undefined {
  return below === undefined ? undefined : above + below;
}

function isAt(cell: FlatCell, nativeKey: string): boolean {
  return cell.support === 'native' && cell.at?.includes('.') === true && lastKey(cell.at) === lastKey(nativeKey);
}

function onlyOne(pointers: readonly string[]): string | undefined {
  const [pointer, ...others] = new Set(pointers);
  return pointer === undefined || others.length > 0 ? undefined : pointer;
}

function lastKey(key: string): string {
  return key.split('.').at(-1) ?? key;
}
