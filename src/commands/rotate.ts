/** `stepgate keys rotate`: on which database, what it says meanwhile, and what it says at the end. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { auditRow, BY_COMMAND } from '../access/audit.ts';
import type { RotateConfig } from '../config/config.ts';
import { ConfigError } from '../config/settings.ts';
import { rotateKeys, UNSEEN_MS, type Rotation } from '../connections/rotate-keys.ts';
import type { KeyHouse } from '../connections/key-ring.ts';
import { envelopePrefix } from '../connections/vault.ts';
import { openAuditStore } from '../store/audit-store.ts';
import { startDatabase, whereIs } from '../store/database.ts';
import type { Database } from '../store/tables.ts';
import { openKeyStore } from '../store/key-store.ts';
import { openSealedRows } from '../store/sealed-rows.ts';

export interface RotateWishes {
  readonly giveUp?: string;
  readonly say?: (line: string) => void;
  readonly now?: () => number;
}

/**
 * @throws {KeyRingError} where a key is another than the one of its id.
 * @throws {ConfigError} where there is no database that a gateway has worked on, or no such key to give up.
 */
export async function rotateIn(
  { database: location, keyRing: ring }: RotateConfig,
  wishes: RotateWishes = {},
): Promise<Rotation> {
  const { giveUp, say, now = () => Date.now() } = wishes;
  if ('file' in location && !existsSync(location.file))
    throw new ConfigError(
      `There is no database at ${resolve(location.file)}; STEPGATE_DATABASE names it, relative to where the command runs.`,
    );
  const database = await startDatabase(location, ({ state, error = '' }) => {
    say?.(state === 'back' ? 'The database answers.' : `The database is ${state}, and is asked again: ${error}`);
  });
  const { db } = database;
  let said = 0;
  try {
    await database.ready;
    const house = { keys: openKeyStore(db), rows: openSealedRows(db), ring };
    await refuseUntouched(house, whereIs(location));
    if (giveUp !== undefined) await refuseToGiveUp(house, giveUp);
    await sayOthers(house, now(), say);
    const rotation = await rotateKeys(house, {
      now,
      ...(giveUp === undefined ? {} : { giveUp, by: BY_COMMAND }),
      marked: async (key) => {
        const note = { key_id: BY_COMMAND, action: 'markConnection', request_id: randomUUID() } as const;
        await openAuditStore(db).add([auditRow({ ...note, ...key, outcome: 'needs_reauth' }, now())]);
      },
      onProgress: (table, resealed) => {
        if (resealed - said < SAY_EVERY) return;
        said = resealed;
        say?.(`${table}: ${String(resealed)} values sealed again so far`);
      },
    });
    await noteRotation(db, rotation, now());
    return rotation;
  } finally {
    await database.close();
  }
}

/** A database without keys is a wrong one: whoever rotates has a gateway somewhere. */
async function refuseUntouched({ keys, rows }: KeyHouse, place: string): Promise<void> {
  if ((await keys.list()).length > 0 || (await rows.foreign([envelopePrefix('')], 1)).length > 0) return;
  throw new ConfigError(
    `No gateway has worked on ${place} yet, so there is nothing to seal again. DATABASE_URL or STEPGATE_DATABASE names the database.`,
  );
}

async function refuseToGiveUp({ keys, rows, ring }: KeyHouse, id: string): Promise<void> {
  if (ring.keys.has(id))
    throw new ConfigError(
      `--give-up ${id}: this key is in STEPGATE_ENCRYPTION_KEYS, so it is not lost. Rotate without --give-up; nothing was changed.`,
    );
  const known = (await keys.list()).map((key) => key.id);
  if (known.includes(id) || (await rows.count(envelopePrefix(id))) > 0) return;
  throw new ConfigError(
    `--give-up ${id}: the database knows no such key, only ${known.join(', ')}; nothing was changed.`,
  );
}

/** Names keys that a gateway has first in its ring, as its register says: which of two keys is the newer one is not known here. */
async function sayOthers({ keys, ring }: KeyHouse, now: number, say: RotateWishes['say']): Promise<void> {
  for (const { id, active_seen_at: seen } of await keys.list())
    if (id !== ring.active && seen > now - UNSEEN_MS)
      say?.(
        `${id} is the first key of a gateway, or was until a minute ago; here it is ${ring.active}. If ${id} is the newer one, make it the first here and rotate again.`,
      );
}

async function noteRotation(db: Database, rotation: Rotation, at: number): Promise<void> {
  const { active, unreadableCount, givenUp } = rotation;
  const by = { key_id: BY_COMMAND, request_id: randomUUID() };
  const outcome = unreadableCount === 0 ? 'done' : 'failed';
  const rows = [auditRow({ ...by, action: 'rotateEncryptionKeys', target: active, outcome }, at)];
  if (givenUp) {
    const target = [givenUp.id, ...givenUp.secrets, `${String(givenUp.revokedApiKeys)} API keys revoked`].join(', ');
    rows.unshift(auditRow({ ...by, action: 'giveUpEncryptionKey', target, outcome: 'done' }, at));
  }
  await openAuditStore(db).add(rows);
}

function givenUpText({ givenUp }: Rotation): readonly string[] {
  if (givenUp === undefined || givenUp.secrets.length === 0) return [];
  const { id, secrets, revokedApiKeys: count } = givenUp;
  const revoked = `${String(count)} stored API ${count === 1 ? 'key was' : 'keys were'} revoked with it, because none could be recognised any more: make new ones with STEPGATE_API_KEY.`;
  return [`Dropped with ${id}: ${secrets.join(', ')} (a new one is made at its next use). ${revoked}`];
}

/** For a person; every line says what there is to do, if there is something. */
export function rotationText(rotation: Rotation): string {
  const { active, resealed, unreadable, unreadableCount, retired, kept } = rotation;
  const named = unreadable.map((place) => `  ${place}`);
  const more = unreadableCount - unreadable.length;
  return [
    `Sealed again with ${active}: ${String(resealed)} values.`,
    ...givenUpText(rotation),
    ...(unreadableCount === 0
      ? []
      : [`No key opens ${String(unreadableCount)} values. Connections among them need new credentials:`, ...named]),
    ...(more > 0 ? [`  and ${String(more)} more`] : []),
    ...retired.map((id) => `${id} is not used any more: take it out of STEPGATE_ENCRYPTION_KEYS everywhere.`),
    ...kept.map(({ id, because }) => `${id} stays: ${because}`),
    '',
  ].join('\n');
}

const SAY_EVERY = 5_000;
