/** Reading the JSON of a request body, as it was sent or not at all. */
import { Readable } from 'node:stream';
import { escapePointer } from '../core/compare-keys.ts';
import { keysWithin } from '../model/nesting.ts';
import { ProblemError } from '../model/problem.ts';
import type { RequestContext } from './env.ts';
import { countKeys, firstRepeatedKey } from './repeated-keys.ts';

const MAX_BODY_BYTES = 1024 * 1024;

export type Json = object | string | number | boolean | null;

/**
 * The JSON of a request body; at once where the body is at hand.
 * @throws {ProblemError} 413 over 1 MiB, 415 for another content type or encoding, 400 for what is not JSON.
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
  if (!(bytes instanceof Promise)) return parse(c, bytes);
  return bytes.then(
    (read) => parse(c, read),
    (error: unknown) => {
      throw isCutOff(c, error) ? cutOff(error) : error;
    },
  );
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

function parse(c: RequestContext, bytes: ArrayBuffer | Uint8Array): Json {
  const text = decode(c, bytes);
  const keys = requireShallow(text);
  const value = parseText(c, text);
  if (countKeys(value) !== keys) throw repeated(text);
  return value;
}

function parseText(c: RequestContext, text: string): Json {
  try {
    return ODD_NUMBER.test(text) ? parseExactly(text) : (JSON.parse(text) as Json);
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw unreadable(c, placeOf(text, error));
  }
}

/** A compressed body is told as that; whoever sends one has not made a mistake in its JSON. */
function unreadable(c: RequestContext, detail: string): ProblemError {
  const encoding = c.req.header('content-encoding')?.trim().toLowerCase() ?? '';
  if (encoding === '' || encoding === 'identity') return new ProblemError({ code: 'MALFORMED_JSON', detail });
  return new ProblemError({
    code: 'NOT_JSON',
    detail: `The body is encoded as ${JSON.stringify(encoding)}. Send it as it is, without content-encoding.`,
    header: 'content-encoding',
  });
}

function repeated(text: string): ProblemError {
  const pointer = firstRepeatedKey(text) ?? '';
  const detail = `${pointer} is given more than once; which of them is meant cannot be known.`;
  return new ProblemError({ code: 'REPEATED_KEY', detail, pointer });
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

/** @returns how many keys there are. @throws {ProblemError} 422. */
function requireShallow(text: string): number {
  const keys = keysWithin(MAX_DEPTH, text);
  if (keys !== undefined) return keys;
  throw new ProblemError({ code: 'INVALID_VALUE', detail: `A body is nested at most ${MAX_DEPTH} deep.` });
}

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
function decode(c: RequestContext, bytes: ArrayBuffer | Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw unreadable(c, 'The body is not UTF-8.');
  }
}

function tooLarge(): ProblemError {
  return new ProblemError({
    code: 'BODY_TOO_LARGE',
    detail: `A body has at most ${String(MAX_BODY_BYTES)} bytes (1 MiB).`,
  });
}
