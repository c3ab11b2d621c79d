/**
 * The text of an API key: `sg_`, 8 characters that it is found by, 256 random bits and a checksum. Who mistypes one, or tries
 * others out, is told so without a look into the database; and who searches for leaked keys can tell one from other texts.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const PREFIX_LENGTH = 8;
const SECRET_BYTES = 32;
const FORM = /^sg_([a-z0-9]{8})_[A-Za-z0-9_-]{43}([A-Za-z0-9_-]{6})$/;

export interface KeyText {
  readonly text: string;
  readonly prefix: string;
}

export function newKeyText(): KeyText {
  const prefix = Array.from({ length: PREFIX_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  const body = `sg_${prefix}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
  return { text: body + checksum(body), prefix };
}

/** What a key is found by; undefined for a text that is none. */
export function prefixOf(text: string): string | undefined {
  const [, prefix, sum = ''] = FORM.exec(text) ?? [];
  return prefix !== undefined && checksum(text.slice(0, -sum.length)) === sum ? prefix : undefined;
}

/** A text with what looks like a key made unusable: somebody may put one where an id belongs. */
export function hideKeys(text: string): string {
  return text.includes('sg_') ? text.replaceAll(/sg_(?:([a-z0-9]{8})_)?[A-Za-z0-9_-]{20,}/g, hidden) : text;
}

/** Whether there is what looks like a key in it: such a text is not kept as an id. */
export function showsKey(text: string): boolean {
  return hideKeys(text) !== text;
}

function hidden(_match: string, prefix: string | undefined): string {
  return prefix === undefined ? 'sg_***' : `sg_${prefix}_***`;
}

function checksum(text: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(text));
  return bytes.toString('base64url');
}
