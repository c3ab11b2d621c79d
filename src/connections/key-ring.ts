/** The master keys that a database was sealed with, and whether the key ring of this process has them. */
import { every, type Periodic } from '../core/every.ts';
import type { Clock } from '../core/ports.ts';
import type { KeyStore } from '../store/key-store.ts';
import type { SealedRows } from '../store/sealed-rows.ts';
import { envelopePrefix, keyIdOf, openVault, type KeyRing } from './vault.ts';

/** The key ring is not the one of this database; the message is for the operator and shows no key. */
export class KeyRingError extends Error {
  override readonly name = 'KeyRingError';
}

export interface KeyHouse {
  readonly keys: KeyStore;
  readonly rows: SealedRows;
  readonly ring: KeyRing;
}

/**
 * Registers the keys of the ring, and from then on knows them again. Run after the migrations and before anything is opened.
 * @throws {KeyRingError} where a key is another than the one of its id, or one that is in use is missing.
 */
export async function admitKeys(house: KeyHouse, now: number): Promise<void> {
  await refuseStrangers(house);
  const { keys, rows, ring } = house;
  for (const known of await keys.list()) {
    if (ring.keys.has(known.id)) continue;
    const sealed = await rows.count(envelopePrefix(known.id));
    if (sealed > 0 || known.active_seen_at > 0) throw missing(known.id, sealed);
  }
  await keys.seen(ring.active, checkValue(ring, ring.active), now);
}

/**
 * Registers the keys of the ring; what is missing in it is no error.
 * @throws {KeyRingError} where a key is another than the one of its id.
 */
export async function refuseStrangers({ keys, rows, ring }: KeyHouse): Promise<void> {
  const before = new Set((await keys.list()).map(({ id }) => id));
  const vault = openVault(ring);
  for (const id of ring.keys.keys()) {
    if (before.has(id)) continue;
    // A database that is older than the register: what the key has sealed must open.
    const samples = await rows.sample(envelopePrefix(id), SAMPLES);
    const opens = samples.some((row) =>
      Object.values(row.sealed).some((sealed) => isOpened(() => vault.open(sealed, row))),
    );
    if (samples.length > 0 && !opens) throw stranger(id);
    await keys.register(id, checkValue(ring, id));
  }
  if (before.size === 0) await refuseUnregistered(rows, ring);
  // Of two that start at once with different keys under one id, the second reads the first one's.
  for (const { id, check_value } of await keys.list())
    if (ring.keys.has(id) && !isOpened(() => vault.open(check_value, ownerOf(id)))) throw stranger(id);
}

/** Says from time to time that this process seals with the active key, so that nobody takes it away. */
export function keepSeen({ keys, ring }: Pick<KeyHouse, 'keys' | 'ring'>, clock: Clock, failed: () => void): Periodic {
  return every(SEEN_EVERY_MS, () => keys.seen(ring.active, checkValue(ring, ring.active), clock.now()), failed);
}

const SEEN_EVERY_MS = 15_000;
/** Several, because one row may be damaged. */
const SAMPLES = 20;
const MANY = 1000;

async function refuseUnregistered(rows: SealedRows, ring: KeyRing): Promise<void> {
  const beginnings = await rows.foreign([...ring.keys.keys()].map(envelopePrefix), MANY);
  // What is no envelope at all is a damaged row, and not for the start to judge.
  for (const id of new Set(beginnings.flatMap((beginning) => keyIdOf(beginning) ?? []))) {
    const sealed = await rows.count(envelopePrefix(id));
    if (sealed > 0) throw missing(id, sealed);
  }
}

/** No customer has an empty id. */
function ownerOf(id: string) {
  return { customer_id: '', provider: id };
}

function checkValue({ keys }: KeyRing, id: string): string {
  return openVault({ active: id, keys }).seal('stepgate', ownerOf(id));
}

function isOpened(open: () => string): boolean {
  try {
    open();
    return true;
  } catch {
    return false;
  }
}

function stranger(id: string): KeyRingError {
  return new KeyRingError(
    `the key ${id} is not the one that this database was sealed with. Put the right key under this id, or give the new one another id and keep the old one beside it.`,
  );
}

function missing(id: string, sealed: number): KeyRingError {
  const what = `${String(sealed)} stored ${sealed === 1 ? 'value is' : 'values are'} sealed with it`;
  return new KeyRingError(
    `the key ${id} is missing, and this database still uses it (${what}). Put it back behind the first key; "stepgate keys rotate" then makes it unnecessary. If it is lost: "stepgate keys rotate --give-up ${id}".`,
  );
}
