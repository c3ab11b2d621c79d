/** Sealing credentials with AES-256-GCM. The key's id is in the envelope, whose they are is in the associated data. */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';

/** Keys by id; the first seals, all of them open. */
export interface KeyRing {
  readonly active: string;
  readonly keys: ReadonlyMap<string, Buffer>;
}

export interface Vault {
  seal(secret: string, owner: Owner): string;
  /** @throws {Error} where the key is not there, the envelope was changed, or it belongs to somebody else. */
  open(envelope: string, owner: Owner): string;
  /** With the active key; as it is where that is so already. @throws {Error} as `open` does. */
  reseal(envelope: string, owner: Owner): string;
}

export interface Owner {
  readonly customer_id: string;
  readonly provider: string;
}

const VERSION = 'v1';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

export function openVault({ active, keys: bytes }: KeyRing): Vault {
  const keys = new Map([...bytes].map(([id, key]) => [id, createSecretKey(key)]));
  const nextIv = randomParts(IV_BYTES);
  const vault: Vault = {
    seal: (secret, owner) => {
      const iv = nextIv();
      const cipher = createCipheriv('aes-256-gcm', keyOf(keys, active), iv, { authTagLength: TAG_BYTES });
      cipher.setAAD(associatedData(owner));
      const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      const parts = [iv, cipher.getAuthTag(), sealed].map((part) => part.toString('base64url'));
      return envelopePrefix(active) + parts.join('.');
    },
    open: (envelope, owner) => {
      const [version, id, iv, tag, sealed] = envelope.split('.');
      if (version !== VERSION || id === undefined || iv === undefined || tag === undefined || sealed === undefined) {
        throw new Error('The envelope is not of a form that this vault knows.');
      }
      const decipher = createDecipheriv('aes-256-gcm', keyOf(keys, id), Buffer.from(iv, 'base64url'), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(associatedData(owner));
      decipher.setAuthTag(Buffer.from(tag, 'base64url'));
      return decipher.update(Buffer.from(sealed, 'base64url'), undefined, 'utf8') + decipher.final('utf8');
    },
    reseal: (envelope, owner) =>
      keyIdOf(envelope) === active ? envelope : vault.seal(vault.open(envelope, owner), owner),
  };
  return vault;
}

/** What every envelope of this key begins with, and no other. */
export function envelopePrefix(id: string): string {
  return `${VERSION}.${id}.`;
}

/** The key that an envelope says it was sealed with; undefined where it is none. */
export function keyIdOf(envelope: string): string | undefined {
  const [version, id] = envelope.split('.', 3);
  return version === VERSION && id !== '' ? id : undefined;
}

/**
 * Reads `id:key,id:key`, each key 32 bytes in base64 or base64url; the first is the active one.
 * @throws {Error} that names the key's id and never shows a key.
 */
export function parseKeyRing(text: string): KeyRing {
  const entries = text.split(',').map((entry): readonly [string, Buffer] => {
    const [id = '', encoded, ...rest] = entry.trim().split(':');
    // Without a colon it may be the key itself.
    if (encoded === undefined || !/^[A-Za-z0-9_-]{1,32}$/.test(id))
      throw new Error('An encryption key needs an id, such as k1:<key>.');
    const key = Buffer.from(encoded, 'base64url');
    // What Buffer passes over, or reads as something else, does not come out again as it went in.
    const written = encoded.replace(/=$/, '').replaceAll('+', '-').replaceAll('/', '_');
    if (rest.length > 0 || key.length !== KEY_BYTES || key.toString('base64url') !== written)
      throw new Error(`The encryption key ${id} is not ${String(KEY_BYTES)} bytes in base64.`);
    return [id, key];
  });
  const keys = new Map(entries);
  const [first] = entries;
  if (!first || keys.size !== entries.length) throw new Error('Two encryption keys have the same id.');
  return { active: first[0], keys };
}

/** A new key ring with one key, in the form that `parseKeyRing` reads. */
export function newKeyRing(id = 'k1'): string {
  return `${id}:${randomBytes(KEY_BYTES).toString('base64url')}`;
}

function keyOf(keys: ReadonlyMap<string, KeyObject>, id: string): KeyObject {
  const key = keys.get(id);
  if (!key) throw new Error(`The encryption key ${id} is not there.`);
  return key;
}

/** Random bytes that are asked for many at once, because asking costs more than they do; none is handed out twice. */
function randomParts(size: number): () => Buffer {
  let pool = Buffer.alloc(0);
  let used = 0;
  return () => {
    if (used === pool.length) {
      pool = randomBytes(size * PARTS_AT_ONCE);
      used = 0;
    }
    used += size;
    return pool.subarray(used - size, used);
  };
}

const PARTS_AT_ONCE = 256;

function associatedData({ customer_id, provider }: Owner): Buffer {
  return Buffer.from(JSON.stringify([VERSION, customer_id, provider]));
}
