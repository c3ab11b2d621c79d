/** Sealing everything again with the active key, while gateways serve, and taking leave of the keys that nothing needs. */
import { SEALED_TABLES, type SealedTable } from '../store/sealed-tables.ts';
import type { ConnectionKey } from '../store/connection-store.ts';
import type { KeyValue, Replacement, SealedRow } from '../store/sealed-rows.ts';
import { giveUpSecrets, type GivenUp } from './give-up.ts';
import { refuseStrangers, type KeyHouse } from './key-ring.ts';
import { envelopePrefix, keyIdOf, openVault, type Owner, type Vault } from './vault.ts';

export interface RotateOptions {
  readonly now: () => number;
  /** A key that is lost: what it has sealed is put in quarantine or dropped, and it is not asked for any more. */
  readonly giveUp?: string;
  /** A connection has been put in quarantine. */
  readonly marked?: (key: ConnectionKey) => Promise<void>;
  /** Who gives it up, as API keys that are revoked with it tell. */
  readonly by?: string;
  /** After each batch: how many values have been sealed again so far. */
  readonly onProgress?: (table: string, resealed: number) => void;
}

export interface Rotation {
  readonly active: string;
  readonly resealed: number;
  /** Where a value stands that no key opens, up to a bound; never what is in it. */
  readonly unreadable: readonly string[];
  readonly unreadableCount: number;
  /** Keys that nothing is sealed with any more. */
  readonly retired: readonly string[];
  /** Keys that are still needed, and why. */
  readonly kept: readonly { readonly id: string; readonly because: string }[];
  readonly givenUp?: GivenUp;
}

/** A gateway says every 15 s that it seals with its first key; one that has not said so for so long does not. */
export const UNSEEN_MS = 60_000;

/** Rows of one batch, which is one commit. */
const BATCH = 200;
/** A pass finds what was written behind the one before it. */
const MAX_PASSES = 10;
const MAX_NAMED = 1000;

/**
 * Can be stopped at any time and run again.
 * @throws {KeyRingError} where a key is another than the one of its id; nothing has been changed then.
 */
export async function rotateKeys(house: KeyHouse, options: RotateOptions): Promise<Rotation> {
  await refuseStrangers(house);
  const { giveUp: id, by = 'gateway' } = options;
  const [now, unseen] = [options.now(), options.now() - UNSEEN_MS];
  const givenUp = id === undefined ? {} : { givenUp: await giveUpSecrets(house, { id, by, now, unseen }) };
  const run: Run = { ...house, ...options, vault: openVault(house.ring), from: new Set(), resealed: 0 };
  let pass = await runPass(run);
  for (let passes = 1; pass.changed > 0 && passes < MAX_PASSES; passes += 1) pass = await runPass(run);
  await releaseOpened(run);
  return { ...(await retireKeys(run, pass)), ...counted(run, pass), ...givenUp };
}

interface Run extends KeyHouse, RotateOptions {
  readonly vault: Vault;
  /** Keys that something was sealed with until this run. */
  readonly from: Set<string>;
  resealed: number;
}

interface Pass {
  changed: number;
  unreadableCount: number;
  readonly unreadable: string[];
  /** By the key that the value says it was sealed with. */
  readonly unreadableBy: Map<string, number>;
}

function counted({ ring, resealed }: Run, { unreadable, unreadableCount }: Pass) {
  return { active: ring.active, resealed, unreadable, unreadableCount };
}

async function runPass(run: Run): Promise<Pass> {
  const pass: Pass = { changed: 0, unreadableCount: 0, unreadable: [], unreadableBy: new Map() };
  for (const table of SEALED_TABLES) {
    let after: readonly KeyValue[] | undefined;
    for (;;) {
      const rows = await run.rows.page(table, envelopePrefix(run.ring.active), after, BATCH);
      if (rows.length === 0) break;
      await resealBatch(run, pass, table, rows);
      run.onProgress?.(table.table, run.resealed);
      after = rows.at(-1)?.key;
    }
  }
  return pass;
}

async function resealBatch(run: Run, pass: Pass, table: SealedTable, rows: readonly SealedRow[]): Promise<void> {
  const replacements: Replacement[] = [];
  for (const row of rows)
    for (const [column, before] of Object.entries(row.sealed)) {
      const after = resealed(run.vault, before, row);
      if (after === undefined) await setAside(run, pass, table, row, column);
      else if (after !== before) {
        run.from.add(keyIdOf(before) ?? '');
        replacements.push({ key: row.key, column, before, after });
      }
    }
  const changed = replacements.length === 0 ? 0 : await run.rows.replace(table, replacements);
  pass.changed += changed;
  run.resealed += changed;
}

function resealed(vault: Vault, envelope: string, row: Owner): string | undefined {
  try {
    return vault.reseal(envelope, row);
  } catch {
    return undefined;
  }
}

async function setAside(run: Run, pass: Pass, table: SealedTable, row: SealedRow, column: string): Promise<void> {
  const sealed = row.sealed[column] ?? '';
  const id = keyIdOf(sealed);
  pass.unreadableCount += 1;
  if (id !== undefined) pass.unreadableBy.set(id, (pass.unreadableBy.get(id) ?? 0) + 1);
  const named = table.key.map((name, index) => `${name} ${String(row.key[index])}`);
  const owner = table.owner === 'operation' ? [`customer ${row.customer_id}`, `provider ${row.provider}`] : [];
  if (pass.unreadable.length < MAX_NAMED)
    pass.unreadable.push(`${table.table}.${column}: ${[...named, ...owner].join(', ')}`);
  // A key that was only forgotten in these settings opens it elsewhere.
  const isLost = id === undefined || run.ring.keys.has(id) || id === run.giveUp;
  if (table.table !== 'connections' || !isLost) return;
  const { customer_id, provider } = row;
  if (await run.keys.quarantine(row, sealed, run.now())) await run.marked?.({ customer_id, provider });
}

/** A key that was put back has opened it. */
async function releaseOpened({ keys, vault, now }: Run): Promise<void> {
  let page = await keys.quarantined(BATCH);
  for (; page.length > 0; page = await keys.quarantined(BATCH, page.at(-1)))
    for (const row of page) if (resealed(vault, row.sealed, row) !== undefined) await keys.release(row, now());
}

async function retireKeys(run: Run, { unreadableBy }: Pass): Promise<Pick<Rotation, 'retired' | 'kept'>> {
  const { keys, rows, ring, giveUp } = run;
  const retired: string[] = [];
  const kept: { id: string; because: string }[] = [];
  for (const { id, active_seen_at } of await keys.list()) {
    // One that is there for later has never been used, and is not taken leave of.
    const isForLater = active_seen_at === 0 && !run.from.has(id);
    if (id === ring.active || (isForLater && ring.keys.has(id))) continue;
    const left = await rows.count(envelopePrefix(id));
    const hopeless = ring.keys.has(id) || id === giveUp ? (unreadableBy.get(id) ?? 0) : 0;
    if (left > hopeless) kept.push({ id, because: stillSealed(run, id, left) });
    else if (await keys.retire(id, run.now() - UNSEEN_MS)) retired.push(id);
    else
      kept.push({
        id,
        because: `a gateway still seals with ${id}, or did until a minute ago. Make ${ring.active} the first key everywhere, wait a minute, and rotate again.`,
      });
  }
  return { retired, kept };
}

function stillSealed({ ring }: Run, id: string, left: number): string {
  const what = `${String(left)} stored ${left === 1 ? 'value is' : 'values are'} sealed with it`;
  if (ring.keys.has(id)) return `${what}, written meanwhile. Rotate again.`;
  return `${what}, and it is not among the keys. Put it back behind the first key and rotate again; if it is lost, rotate with --give-up ${id}.`;
}
