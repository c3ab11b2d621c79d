/** What is created and does not read back as it was written: the exceptions of the round trip, read off the declarations. */
import { cellFor, isNone, stanceOnType, wordFor, type FlatCell } from '../model/cell.ts';
import type { CreateSequence } from '../model/create-sequence.ts';
import type { StepFacts } from '../model/create-steps.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { SEQUENCE_FIELDS } from '../model/sequence.ts';
import { STEP_FIELDS, STEP_TYPES } from '../model/step.ts';

export interface ReadBackException {
  readonly what: string;
  readonly because: string;
}

/** Fields that a provider lacks are no exception: they are not created in the first place. */
export function readBackExceptions({ can }: NamedProvider): readonly ReadBackException[] {
  const { create_steps: steps, create_sequence: sequence } = can;
  return [
    ...(isNone(steps) ? [] : [...typeExceptions(steps), ...fieldExceptions(steps), timing(steps)]),
    ...(isNone(sequence) ? [] : sequenceExceptions(sequence)),
  ];
}

function typeExceptions({ types }: StepFacts): readonly ReadBackException[] {
  const substitutes = STEP_TYPES.flatMap((type) => {
    const stance = stanceOnType(types[type]);
    if (stance?.support !== 'lossy') return [];
    const word = JSON.stringify(wordFor(types[type]));
    const reads = STEP_TYPES.find(
      (each) => !stanceOnType(types[each]) && JSON.stringify(wordFor(types[each])) === word,
    );
    return [{ type: `\`${type}\``, reads: `read back as \`${reads ?? word}\``, because: stance.because }];
  });
  const groups = Object.values(Object.groupBy(substitutes, ({ reads, because }) => `${reads} ${because}`));
  return groups.flatMap((group = []) =>
    group.slice(0, 1).map(({ reads, because }) => ({
      what: `${group.map(({ type }) => type).join(', ')} ${reads}`,
      because,
    })),
  );
}

function fieldExceptions({ fields }: StepFacts): readonly ReadBackException[] {
  return STEP_FIELDS.flatMap((field) => {
    const reasons = STEP_TYPES.map((type) => reasonOf(cellFor(fields[field], type)));
    const distinct = [...new Set(reasons.filter((reason) => reason !== undefined))];
    return field === 'without_content' ? [] : distinct.map((because) => ({ what: `\`${field}\``, because }));
  });
}

function timing({ timing: { because } }: StepFacts): ReadBackException {
  return {
    what: '`interval_seconds` between two times that can be kept',
    because: `${because}: the applied value is read.`,
  };
}

function sequenceExceptions({ sequence }: CreateSequence): readonly ReadBackException[] {
  return SEQUENCE_FIELDS.flatMap((field) => {
    const because = reasonOf(sequence[field]);
    return because === undefined ? [] : [{ what: `\`${field}\` of a sequence`, because }];
  });
}

function reasonOf(cell: FlatCell): string | undefined {
  return cell.support === 'lossy' ? cell.because : cell.support === 'native' ? cell.read_back?.because : undefined;
}
