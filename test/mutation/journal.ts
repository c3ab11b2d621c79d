/** Mistakes in what makes a write happen once: the journal, the keys, the settling of unknown outcomes. */
import type { Mutant } from './mutants.ts';

const MISTAKES: readonly (readonly [name: string, file: string, find: string, replace: string])[] = [
  [
    'A call that is done is sent again',
    'src/core/write.ts',
    "if (past.state === 'done') return",
    "if (past.state === 'done' && at < 0) return",
  ],
  [
    'An unknown outcome is sent again blindly',
    'src/core/write.ts',
    "if (past.state === 'open') {\n",
    "if (past.state === 'open' && at < 0) {\n",
  ],
  [
    'What was found is not counted',
    'src/core/settle-unknown.ts',
    'if (first !== undefined && others.length === 0)',
    'if (first === null)',
  ],
  [
    'Not found at once is not there',
    'src/core/settle-unknown.ts',
    'if (rest <= 0) return undefined;',
    'if (rest <= 9e9) return undefined;',
  ],
  [
    "What others have made is taken for this one's",
    'src/core/settle-unknown.ts',
    '!others.has(String(id))',
    "others.size >= 0 && String(id) !== ''",
  ],
  [
    'Something exists, and the operation is forgotten',
    'src/operations/ending.ts',
    "if (isOpen || traces) return 'open';",
    "if (isOpen || traces) return 'discard';",
  ],
  [
    'An expired token is the answer for ever',
    'src/operations/ending.ts',
    "? 'discard' : 'close';",
    "? 'close' : 'close';",
  ],
  [
    'A batch is closed while a record of it can still be made',
    'src/operations/record-journal.ts',
    'if (passes(error)) this.leave(error);',
    '',
  ],
  [
    'What came after a call that was taken back counts as sent',
    'src/operations/record-journal.ts',
    'this.sent.slice(position)',
    'this.sent.slice(position, position + 1)',
  ],
  [
    'What was taken back is told to exist',
    'src/core/write.ts',
    '(await this.undo())) return error;',
    '(await this.undo())) return tell(error, this, this.tools.provider, options);',
  ],
  ['An answer is not kept', 'src/operations/operation.ts', "{ status: 'done',", "{ status: 'open',"],
];

const SEEN_BY = ['faults/sample', 'faults/settling', 'http/idempotency', 'http/operations', 'http/taken-back'].map(
  (name) => `test/${name}.test.ts`,
);

export const JOURNAL_MUTANTS: readonly Mutant[] = MISTAKES.map(([name, file, find, replace]) => ({
  name,
  file,
  find,
  replace,
  where: { tests: SEEN_BY, pattern: '.' },
}));
