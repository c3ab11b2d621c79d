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
        ...(giveUp === undefined ? {} : { giveUp }),
        marked: async (key) => {
          const note = { key_id: BY_COMMAND, action: 'markConnection', request_id: randomUUID() } as const;
          await openAuditStore(db).add([auditRow({ ...note, ...key, outcome: 'needs_reauth' }, now())]);
        },
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

async function noteRotation(db: Database, { active, unreadableCount }: Rotation, at: number): Promise<void> {
  const outcome = unreadableCount === 0 ? 'done' : 'failed';
  const note = {
    key_id: BY_COMMAND,
    action: 'rotateEncryptionKeys',
    target: active,
    request_id: randomUUID(),
    outcome,
  };
  await openAuditStore(db).add([auditRow({ ...note, outcome }, at)]);
}

/** For a person; every line says what there is to do, if there is something. */
export function rotationText(rotation: Rotation): string {
  const { active, resealed, unreadable, unreadableCount, retired, kept } = rotation;
  const named = unreadable.map((place) => `  ${place}`);
  const more = unreadableCount - unreadable.length;
  return [
    `Sealed again with ${active}: ${String(resealed)} values.`,
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
