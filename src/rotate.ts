/** `stepgate keys rotate`: on which database, what it says meanwhile, and what it says at the end. */
import { randomUUID } from 'node:crypto';
import { auditRow, BY_COMMAND } from './access/audit.ts';
import type { RotateConfig } from './config/config.ts';
import { rotateKeys, type Rotation } from './connections/rotate-keys.ts';
import { openAuditStore } from './store/audit-store.ts';
import { startDatabase, type Database } from './store/database.ts';
import { openKeyStore } from './store/key-store.ts';
import { openSealedRows } from './store/sealed-rows.ts';

export interface RotateWishes {
  readonly giveUp?: string;
  readonly say?: (line: string) => void;
  readonly now?: () => number;
}

/** @throws {KeyRingError} where a key is another than the one of its id. */
export async function rotateIn(
  { database: location, keyRing: ring }: RotateConfig,
  wishes: RotateWishes = {},
): Promise<Rotation> {
  const { giveUp, say, now = () => Date.now() } = wishes;
  const database = await startDatabase(location, ({ state, error = '' }) => {
    say?.(state === 'back' ? 'The database answers.' : `The database is ${state}, and is asked again: ${error}`);
  });
  const { db } = database;
  let said = 0;
  try {
    await database.ready;
    const rotation = await rotateKeys(
      { keys: openKeyStore(db), rows: openSealedRows(db), ring },
      {
        now,
        ...(giveUp === undefined ? {} : { giveUp, by: BY_COMMAND }),
        onProgress: (table, resealed) => {
          if (resealed - said < SAY_EVERY) return;
          said = resealed;
          say?.(`${table}: ${String(resealed)} values sealed again so far`);
        },
      },
    );
    await noteRotation(db, rotation, now());
    return rotation;
  } finally {
    await database.close();
  }
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
