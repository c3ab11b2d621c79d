/** Mistakes in what keeps a process up and honest whatever comes: logs, disks, odd requests and answers, work that is left. */
import type { Mutant, Where } from './mutants.ts';

const at = (file: string, pattern: string): Where => ({ tests: [`test/${file}.test.ts`], pattern });

export const UPKEEP_MUTANTS: readonly Mutant[] = [
  {
    name: 'A log that cannot be written ends the process',
    file: 'src/log.ts',
    find: "  destination.on('error', () => undefined);\n",
    replace: '',
    where: at('log', 'cannot be written'),
  },
  {
    name: 'A full disk is told as a transaction that is not there',
    file: 'src/store/group-commit.ts',
    find: 'executeQuery(ROLLBACK).catch(() => undefined)',
    replace: 'executeQuery(ROLLBACK)',
    where: at('store/sqlite', 'a full disk'),
  },
  {
    name: "A beginning is written over somebody else's work",
    file: 'src/store/operation-writes.ts',
    find: ".whereRef('operations.lease_owner', '=', sql.ref('excluded.lease_owner'))",
    replace: ".whereRef('operations.id', '=', sql.ref('excluded.id'))",
    where: at('store/sqlite', 'a beginning that is written again writes nothing'),
  },
  {
    name: 'What could not be finished is forgotten with the process',
    file: 'src/operations/operation.ts',
    find: 'left(problems && this.comeBack?.(problems))',
    replace: 'left(undefined)',
    where: at('http/operations', 'a provider that is away'),
  },
  {
    name: 'What could not be finished is kept from its caller',
    file: 'src/store/operation-writes.ts',
    find: "is('lease_owner', '=', LATER), ",
    replace: '',
    where: at('http/operations', 'a provider that is away'),
  },
  {
    name: 'The answer of a key that is gone is unforeseen',
    file: 'src/operations/operations.ts',
    find: "throw new ProblemError(unreadable(row, 'its answer cannot be repeated'), { cause: error });",
    replace: 'throw error;',
    where: at('http/operations', 'says that the answer of a finished one'),
  },
  {
    name: 'A try that was not sent closes the circuit',
    file: 'src/limits/circuit.ts',
    find: '          unsent = { why };\n          return fail();',
    replace: '          throw why;',
    where: at('limits/circuit', ''),
  },
  {
    name: 'A body may trickle in for ever',
    file: 'src/server.ts',
    find: 'requestTimeout: requestTimeoutMs',
    replace: 'requestTimeout: 0',
    where: at('http/body-size', 'trickles'),
  },
  {
    name: 'What has no readable target is answered with nothing',
    file: 'src/server.ts',
    find: 'error instanceof RequestError ? unreadable() :',
    replace: 'error instanceof RequestError ? new Response(null, { status: 400 }) :',
    where: at('http/request-id', 'refused with an id'),
  },
  {
    name: 'Every unknown key is named',
    file: 'src/http/input.ts',
    find: 'pointers.slice(0, NAMED_KEYS + 1)',
    replace: 'pointers',
    where: at('http/body-keys', 'up to a hundred'),
  },
  {
    name: 'An escaped secret is shown',
    file: 'src/upstream/redact.ts',
    find: 'ESCAPED.test(given) ? unescaped(given) : given',
    replace: 'given',
    where: at('http/redaction', 'escaped'),
  },
  {
    name: 'An answer that is nested without end is walked',
    file: 'src/upstream/parse-body.ts',
    find: 'text.length > MAX_DEPTH && keysWithin(MAX_DEPTH, text) === undefined',
    replace: 'text === String(MAX_DEPTH) && keysWithin(MAX_DEPTH, text) === undefined',
    where: at('http/redaction', 'nested'),
  },
  {
    name: 'What may be left of an unknown call is told as not sent',
    file: 'src/core/write.ts',
    find: 'await this.settle(past, call, options).catch(throwUnknown);',
    replace: 'await this.settle(past, call, options);',
    where: at('http/operations', ''),
  },
];
