/** Reading what a caller sends: bodies, headers, ids and query, each refused with what is wrong and where. */
import { Readable } from 'node:stream';
import type { z } from 'zod';
import { escapePointer, keyTree, knownKeys, unknownKeys, type KeyTree } from '../core/compare-keys.ts';
import { ProblemError, type Problem } from '../model/problem.ts';
import { warning, type Warning } from '../model/warning.ts';
import type { RequestContext } from './env.ts';

export const MAX_BODY_BYTES = 1024 * 1024;

export type Json = object | string | number | boolean | null;

/**
 * The JSON of a request body; at once where the body is at hand.
 * @throws {ProblemError} 413 over 1 MiB, 415 for another content type, 400 for what is not JSON.
 */
export function readJson(c: RequestContext): Json | Promise<Json> {
  const type = (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (type !== 'application/json' && !/^application\/[a-z0-9.-]+\+json$/.test(type)) {
    const detail = type === '' ? 'The request has no content type.' : `The content type is ${JSON.stringify(type)}.`;
    throw new ProblemError({ code: 'NOT_JSON', detail: `${detail} Send application/json.`, header: 'content-type' });
  }
  const told = c.req.header('content-length');
  if (told !== undefined && Number(told) > MAX_BODY_BYTES) throw tooLarge();
  // A length that is told is believed, because the server holds the body to it; only an untold one has to be counted.
  const bytes = told === undefined ? readCounted(c) : (atHand(c) ?? c.req.arrayBuffer());
  if (!(bytes instanceof Promise)) return parse(bytes);
  return bytes.then(parse, (error: unknown) => {
    throw isCutOff(c, error) ? cutOff(error) : error;
  });
}

function isCutOff({ env }: RequestContext, error: unknown): boolean {
  return !(error instanceof ProblemError) && env?.incoming.destroyed === true;
}

/** Nobody reads it any more but the log and the audit. */
function cutOff(cause: unknown): ProblemError {
  const detail = 'The body ends in the middle: its sender has gone.';
  return new ProblemError({ code: 'MALFORMED_JSON', detail }, { cause });
}

/** The whole body, where it has come with its head, as small ones do: then nobody has to listen for its parts. */
function atHand({ env }: RequestContext): Uint8Array | null {
  return env?.incoming.complete ? (env.incoming.read() as Uint8Array | null) : null;
}

function parse(bytes: ArrayBuffer | Uint8Array): Json {
  const text = decode(bytes);
  requireShallow(text);
  try {
    return ODD_NUMBER.test(text) ? parseExactly(text) : (JSON.parse(text) as Json);
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw new ProblemError({ code: 'MALFORMED_JSON', detail: placeOf(text, error) });
  }
}

/** Numbers that might not survive being read: long ones, and those with an exponent. */
const ODD_NUMBER = /\d{16}|[\d.]{17}|\d[eE][+-]?\d/;

/** @throws {ProblemError} 422 for a number that would arrive as another one. */
function parseExactly(text: string): Json {
  let changed: { readonly source: string; readonly sent: string } | undefined;
  const value = JSON.parse(text, (_key, inner: unknown, { source }: { readonly source?: string } = {}) => {
    if (typeof inner !== 'number' || source === undefined) return inner;
    const sent = JSON.stringify(inner);
    if (decimalOf(sent) === decimalOf(source)) return inner;
    return (changed ??= { source, sent });
  }) as Json;
  if (changed === undefined) return value;
  const { source, sent } = changed;
  const detail = `The number ${source.slice(0, 40)} cannot be kept exactly; it would become ${sent}. Send it as a text if the provider takes one.`;
  throw new ProblemError({ code: 'INVALID_VALUE', detail, pointer: pointerTo(changed, value) ?? '' });
}

function pointerTo(wanted: object, value: unknown): string | undefined {
  if (value === wanted) return '';
  if (value === null || typeof value !== 'object') return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const below = pointerTo(wanted, inner);
    if (below !== undefined) return `/${escapePointer(key)}${below}`;
  }
  return undefined;
}

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** The same for every way to write the same number; undefined for what is none, as infinity becomes `null`. */
function decimalOf(text: string): string | undefined {
  const [, sign = '', whole, fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const digits = (whole + fraction).replace(/^0+/, '');
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  if (end === 0) return '0';
  return `${sign}${digits.slice(0, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
}

/** Only the place: the message of the parser quotes the body, which may hold a secret. */
function placeOf(text: string, error: unknown): string {
  if (text.trim() === '') return 'It is empty.';
  const said = error instanceof Error ? error.message : '';
  if (/^(Unexpected end|Unterminated string) /.test(said))
    return 'It ends in the middle: a bracket or a quote is open.';
  const [, line, column] = / \(line (\d+) column (\d+)\)$/.exec(said) ?? [];
  const place = line === undefined ? '' : ` at line ${line}, column ${String(column)}`;
  return `It cannot be parsed${place}. Look for a comma too many, single quotes, a comment, or a quote or line break that is not escaped.`;
}

/** Deeper bodies than this mean nothing here, and could exhaust what walks them. */
const MAX_DEPTH = 64;

/** @throws {ProblemError} 422. Counts brackets outside of texts, before anything is parsed. */
function requireShallow(text: string): void {
  let depth = 0;
  let inText = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charCodeAt(index);
    if (inText && character === BACKSLASH) index += 1;
    else if (character === QUOTE) inText = !inText;
    else if (!inText && (character === OPEN_BRACE || character === OPEN_BRACKET)) depth += 1;
    else if (!inText && (character === CLOSE_BRACE || character === CLOSE_BRACKET)) depth -= 1;
    if (depth > MAX_DEPTH)
      throw new ProblemError({ code: 'INVALID_VALUE', detail: `A body is nested at most ${MAX_DEPTH} deep.` });
  }
}

const [QUOTE, BACKSLASH, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [34, 92, 123, 125, 91, 93];

async function readCounted(c: RequestContext): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const body: AsyncIterable<Uint8Array> = c.req.raw.body ?? Readable.from([]);
  for await (const part of body) {
    size += part.byteLength;
    if (size > MAX_BODY_BYTES) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** @throws {ProblemError} 400 rather than putting other characters in the place of bytes that are none. */
function decode(bytes: ArrayBuffer | Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new ProblemError({ code: 'MALFORMED_JSON', detail: 'The body is not UTF-8.' });
  }
}

function tooLarge(): ProblemError {
  return new ProblemError({
    code: 'BODY_TOO_LARGE',
    detail: `A body has at most ${String(MAX_BODY_BYTES)} bytes (1 MiB).`,
  });
}

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

export function unknownFieldWarnings(pointers: readonly string[], provider: string): readonly Warning[] {
  return pointers.map((pointer) => {
    const detail = 'The gateway does not know this key and left it out.';
    return warning(provider, { type: 'UNKNOWN_FIELD', pointer, detail });
  });
}

/** What is said of a value of the wrong type beside that is noise. */
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
