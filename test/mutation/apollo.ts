/** Mistakes about what hangs together in a sequence of Apollo: threads, the templates in them, and exact times. */
import type { Mutant } from './mutants.ts';

const MISTAKES: readonly (readonly [name: string, file: string, find: string, replace: string])[] = [
  [
    'A reply may have any template',
    'providers/apollo/create-refusals.ts',
    '!forReplies.includes(template.id)',
    '!forReplies.includes(template.id) && step < 0',
  ],
  [
    'A later record of a batch is not judged',
    'src/core/prepare.ts',
    '...(task.against?.(plan, look.known) ?? [])',
    '...(look.holds === undefined ? (task.against?.(plan, look.known) ?? []) : [])',
  ],
  [
    'What becomes a reply may have any template',
    'providers/apollo/change-refusals.ts',
    'isReply && !forReplies(whole).includes(another)',
    'wasReply && !forReplies(whole).includes(another)',
  ],
  [
    'The subject of another step is erased',
    'providers/apollo/change-refusals.ts',
    'now?.subject && others.length > 0',
    'now?.subject && others.length > 1',
  ],
  [
    'A reply gets a subject through another step',
    'providers/apollo/change-refusals.ts',
    '!isReply && subject && hasReply',
    'isReply && subject && hasReply',
  ],
  [
    'A reply is left without its thread',
    'providers/apollo/threads.ts',
    'return isReply ? first : undefined;',
    'return isReply && first.position < 0 ? first : undefined;',
  ],
  [
    'A step without its exact time is sent',
    'src/core/settle-schedule.ts',
    'if (!given) {',
    'if (!given && pointer === undefined) {',
  ],
  [
    'An interval beside an exact time is sent',
    'src/core/settle-schedule.ts',
    'if (holds.exact_times === true) {',
    'if (holds.exact_times === true && draft.record.interval_seconds === undefined) {',
  ],
  [
    'An exact time is sent where the sequence goes by intervals',
    'src/core/settle-schedule.ts',
    'if (holds.exact_times === false) refuseExactTime(draft);',
    '',
  ],
  [
    'A step loses its exact time',
    'providers/apollo/change-refusals.ts',
    'byTime === (time !== null)',
    'byTime || time === null',
  ],
];

const SEEN_BY = ['apollo-changes', 'apollo-exact-times'].map((name) => `test/http/${name}.test.ts`);

export const APOLLO_MUTANTS: readonly Mutant[] = MISTAKES.map(([name, file, find, replace]) => ({
  name: `Apollo, in a sequence: ${name}`,
  file,
  find,
  replace,
  where: { tests: SEEN_BY, pattern: '.' },
}));
