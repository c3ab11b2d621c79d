/** Mistakes about who may do what, and what is told of it. */
import type { Mutant, Where } from './mutants.ts';

const tests = (file: string, pattern: string): Where => ({ tests: [file], pattern });
const TENANCY = 'test/http/tenancy.test.ts';
const KEYS = 'test/access/api-keys.test.ts';
const AUDIT = 'test/http/audit.test.ts';

export const ACCESS_MUTANTS: readonly Mutant[] = [
  {
    name: 'A bound key reaches every customer',
    file: 'src/http/tenant.ts',
    find: 'if (!reaches(c, tenant.customer_id)) throw',
    replace: "if (!reaches(c, tenant.customer_id) && tenant.customer_id === '') throw",
    where: tests(TENANCY, 'an API key that is bound'),
  },
  {
    name: "A bound key goes on with another's operation",
    file: 'src/http/tenant.ts',
    find: 'if (!reaches(c, whole.row.customer_id)) throw',
    replace: "if (!reaches(c, whole.row.customer_id) && id === '') throw",
    where: tests(TENANCY, 'an operation id'),
  },
  {
    name: "Another's operations are listed to a bound key",
    file: 'src/http/routes/operations.ts',
    find: '...(customers ? { customers: [...customers] } : {}),',
    replace: '',
    where: tests(TENANCY, 'is listed to its own customer'),
  },
  {
    name: "A turn is another customer's too",
    file: 'src/operations/carry-out.ts',
    find: 'return JSON.stringify([customer_id, provider.name, ...own]);',
    replace: 'return JSON.stringify([provider.name, ...own]);',
    where: tests(TENANCY, 'a turn'),
  },
  {
    name: "What another customer has made is taken for one's own",
    file: 'src/operations/recently-made.ts',
    find: 'made.customer_id === customer_id && made.provider',
    replace: 'made.provider',
    where: tests(TENANCY, 'ids that were made lately'),
  },
  {
    name: 'Any role may do anything',
    file: 'src/model/role.ts',
    find: 'ROLES.indexOf(role) >= ROLES.indexOf(needed)',
    replace: 'ROLES.indexOf(role) >= 0 && ROLES.includes(needed)',
    where: tests('test/http/roles.test.ts', 'may do what its role says'),
  },
  {
    name: 'A key is known by its prefix',
    file: 'src/access/api-keys.ts',
    find: 'const caller = isRight ? callerOf(row) : null;',
    replace: 'const caller = row && isRight !== undefined ? callerOf(row) : null;',
    where: tests('test/http/api-keys.test.ts', 'of the right prefix'),
  },
  {
    name: 'A revoked key is remembered',
    file: 'src/access/api-keys.ts',
    find: 'for (const [presented, caller] of known.entries()) if (caller.id === id) known.delete(presented);',
    replace: '',
    where: tests('test/http/api-keys.test.ts', 'counts at once here'),
  },
  {
    name: 'What was read before a revocation is remembered after it',
    file: 'src/access/api-keys.ts',
    find: 'else if (revocations === before) known',
    replace: 'else if (revocations >= before) known',
    where: tests(KEYS, 'what was read before'),
  },
  {
    name: 'A misspelt customers makes a key that reaches everybody',
    file: 'src/http/routes/api-keys.ts',
    find: 'if (problems.length > 0) throw',
    replace: 'if (problems.length > 9) throw',
    where: tests('test/http/api-keys.test.ts', 'is refused'),
  },
  {
    name: 'What says who reaches which account is answered before it is in the audit',
    file: 'src/http/audited.ts',
    find: 'if (audited.isKept) return audit.keep(note).catch(notKept);',
    replace: 'if (audited.isKept) void audit.keep(note).catch(() => undefined);',
    where: tests(AUDIT, 'is not answered with success'),
  },
  {
    name: 'What is refused is not in the audit',
    file: 'src/http/audited.ts',
    find: "audit.note(noteOf(c, audited, status, isUnknown ? 'unknown' : outcome, operation));",
    replace: '',
    where: tests(AUDIT, 'whatever came of it'),
  },
  {
    name: 'What the store did not take is not written again',
    file: 'src/access/audit.ts',
    find: '      await store.add(batch);\n      waiting = waiting.slice(batch.length);',
    replace: '      waiting = waiting.slice(batch.length);\n      await store.add(batch);',
    where: tests('test/access/audit.test.ts', 'while the store is away'),
  },
];
