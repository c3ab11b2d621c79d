/** `stepgate keys rotate`: on which database, what it says meanwhile, and what it says at the end. */
import type { RotateConfig } from './config.ts';
import { rotateKeys, type Rotation } from './connections/rotate-keys.ts';
import { startDatabase } from './store/database.ts';
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
    return await rotateKeys(
      { keys: openKeyStore(db), rows: openSealedRows(db), ring },
      {
        now,
        ...(giveUp === undefined ? {} : { giveUp }),
        onProgress: (table, resealed) => {
          if (resealed - said < SAY_EVERY) return;
          said = resealed;
          say?.(`${table}: ${String(resealed)} values sealed again so far`);
        },
      },
    );
  } finally {
    await database.close();
  }
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
