/** Reading what a caller sends: what a body and a query may say, each refused with what is wrong and where. */
import type { z } from 'zod';
import { escapePointer, keyTree, knownKeys, unknownKeys, type KeyTree } from '../core/compare-keys.ts';
import { ProblemError, type Problem } from '../model/problem.ts';
import { warning, type Warning } from '../model/warning.ts';
import type { RequestContext } from './env.ts';

export interface Accepted<T> {
  readonly value: T;
  /** Pointers of keys that the gateway does not know. */
  readonly unknown: readonly string[];
}

export type BodyReader<T> = (raw: unknown) => Accepted<T>;

/**
 * A reader of one kind of body; the known keys are worked out once.
 * @throws {ProblemError} (by the reader) 400 for missing keys and wrong JSON types, 422 for values that cannot be.
 */
export function bodyReader<T>(schema: z.ZodType<T>): BodyReader<T> {
  const tree: KeyTree = keyTree(schema);
  return (raw) => {
    const result = schema.safeParse(raw);
    if (!result.success) throw new ProblemError(problemsOfIssues(result.error.issues, raw));
    return { value: result.data, unknown: unknownKeys(tree, raw) };
  };
}

/** So many are named one by one: a body of a megabyte has room for 100,000, and each would be a warning, a line of the log and a refusal. */
const NAMED_KEYS = 100;

export function unknownFieldWarnings(pointers: readonly string[], provider: string): readonly Warning[] {
  return pointers.slice(0, NAMED_KEYS + 1).map((pointer, index) => {
    const others = index < NAMED_KEYS ? 0 : pointers.length - index - 1;
    const keys = others > 0 ? `this key and ${others} behind it` : 'this key';
    const detail = `The gateway does not know ${keys} and left ${others > 0 ? 'them' : 'it'} out.`;
    return warning(provider, { type: 'UNKNOWN_FIELD', pointer, detail });
  });
}

/** Of a value of the wrong type only that is said: further problems of it follow from its type. */
function problemsOfIssues(issues: readonly z.core.$ZodIssue[], raw: unknown): readonly Problem[] {
  const problems = issues.map((issue) => problemOfIssue(issue, raw));
  const mistyped = new Set(problems.filter(({ code }) => code === 'WRONG_TYPE').map(({ pointer }) => pointer));
  return problems.filter(({ code, pointer }) => code === 'WRONG_TYPE' || !mistyped.has(pointer));
}

function problemOfIssue(issue: z.core.$ZodIssue, raw: unknown): Problem {
  const value = issue.path.reduce<unknown>(
    (inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key],
    raw,
  );
  const pointer = issue.path.map((key) => `/${escapePointer(String(key))}`).join('');
  if (value === undefined || (issue.code === 'custom' && issue.params?.['missing'] === true)) {
    return {
      code: 'MISSING_KEY',
      detail: value === undefined ? `${pointer || 'The body'} is required.` : issue.message,
      pointer,
    };
  }
  const expected = expectedType(issue);
  if (expected !== undefined && jsonType(value) !== expected) {
    return {
      code: 'WRONG_TYPE',
      detail: `${pointer || 'The body'} must be ${article(expected)}, and is ${article(jsonType(value))}.`,
      pointer,
    };
  }
  return { code: 'INVALID_VALUE', detail: `${pointer}: ${issue.message.replace(/\.$/, '')}.`, pointer };
}

/** The JSON type that an issue asks for; undefined where the type was right and only the value was not. */
function expectedType(issue: z.core.$ZodIssue): string | undefined {
  if (issue.code === 'invalid_value' || (issue.code === 'invalid_union' && issue.discriminator !== undefined))
    return 'string';
  if (issue.code === 'custom' && issue.params?.['expected'] === 'object') return 'object';
  if (issue.code !== 'invalid_type') return undefined;
  return issue.expected === 'int' ? 'number' : issue.expected === 'record' ? 'object' : issue.expected;
}

function jsonType(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function article(type: string): string {
  if (type === 'null') return 'null';
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}

/** A part of the path that the router has matched. */
export function pathParam(c: RequestContext, name: string): string {
  return c.req.param(name) ?? '';
}

/** What each schema makes of a request without a query. */
const ABSENT = new WeakMap<z.ZodType, z.ZodSafeParseResult<unknown>>();

function withoutQuery<T>(schema: z.ZodType<T>): z.ZodSafeParseResult<T> {
  const made = schema.safeParse({});
  ABSENT.set(schema, made);
  return made;
}

/**
 * The query, with every parameter known: one that is not understood is refused, so that a misspelt `dry_run` never writes.
 * @throws {ProblemError} 400 INVALID_QUERY.
 */
export function readQuery<T>(c: RequestContext, schema: z.ZodType<T>): T {
  if (!c.req.url.includes('?')) {
    const absent = (ABSENT.get(schema) ?? withoutQuery(schema)) as z.ZodSafeParseResult<T>;
    if (absent.success) return absent.data;
  }
  const known = knownKeys(schema);
  const all = c.req.queries();
  const query = Object.fromEntries(Object.entries(all).map(([name, [value]]) => [name, value]));
  const twice = Object.keys(all).filter((name) => (all[name]?.length ?? 0) > 1);
  const unknown = Object.keys(query).filter((name) => !known.includes(name));
  const problems: Problem[] = unknown.map((parameter) => {
    const names = known.join(', ');
    const detail = `The parameter ${JSON.stringify(parameter)} is not known here. Known: ${names}.`;
    return { code: 'INVALID_QUERY', detail, parameter };
  });
  problems.push(
    ...twice.map((parameter): Problem => ({
      code: 'INVALID_QUERY',
      detail: `${parameter} is given more than once.`,
      parameter,
    })),
  );
  const result = schema.safeParse(query);
  for (const { path, message } of result.error?.issues ?? []) {
    problems.push({ code: 'INVALID_QUERY', detail: `${path.join('.')}: ${message}.`, parameter: path.join('.') });
  }
  if (result.success && problems.length === 0) return result.data;
  throw new ProblemError(problems);
}
