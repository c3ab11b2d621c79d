/** Queries on whatever is sealed, wherever it stands: counted by key, read in pages, replaced where nobody has changed it. */
import { PostgresAdapter, sql, type RawBuilder } from 'kysely';
import type { Database } from './tables.ts';
import { guarded } from './guard.ts';
import { SEALED_TABLES, type SealedTable } from './sealed-tables.ts';

export type KeyValue = string | number;

export interface SealedRow {
  readonly key: readonly KeyValue[];
  readonly customer_id: string;
  readonly provider: string;
  /** By column; what is emptied is left out. */
  readonly sealed: Readonly<Record<string, string>>;
}

export interface Replacement {
  readonly key: readonly KeyValue[];
  readonly column: string;
  readonly before: string;
  readonly after: string;
}

export interface SealedRows {
  /** How many values begin so. */
  count(prefix: string): Promise<number>;
  /** Some values, with whose they are; `prefix`: only those that begin so. */
  sample(prefix: string, limit: number): Promise<readonly SealedRow[]>;
  /** Beginnings of values that begin with none of these. */
  foreign(prefixes: readonly string[], limit: number): Promise<readonly string[]>;
  /** The rows of a table with a value that does not begin so, by their key. */
  page(
    table: SealedTable,
    without: string,
    after: readonly KeyValue[] | undefined,
    limit: number,
  ): Promise<readonly SealedRow[]>;
  /** In one commit, each only where it is still as it was and nobody is changing it. @returns how many were replaced. */
  replace(table: SealedTable, replacements: readonly Replacement[]): Promise<number>;
}

/** Its failures are ProblemErrors: 503 STORE_UNAVAILABLE. */
export function openSealedRows(db: Database): SealedRows {
  // Whoever waits for a lock while it holds others can end in a deadlock with a gateway; SQLite has one writer.
  const skipLocked = db.getExecutor().adapter instanceof PostgresAdapter ? sql`for update skip locked` : sql``;

  const select = async (
    table: SealedTable,
    where: RawBuilder<unknown>,
    limit: number,
  ): Promise<readonly SealedRow[]> => {
    const { rows } = await sql<Readonly<Record<string, KeyValue | null>>>`
      select ${columnsOf(table)} from ${sql.table(table.table)}
      ${table.owner === 'operation' ? sql`join operations on operations.id = ${sql.ref(`${table.table}.operation_id`)}` : sql``}
      where ${where} order by ${sql.join(table.key.map((name) => column(table, name)))} limit ${sql.lit(limit)}
    `.execute(db);
    return rows.map((row) => ({
      key: table.key.map((_, index) => row[`key_${String(index)}`] ?? ''),
      customer_id: String(row['owner_customer']),
      provider: String(row['owner_provider']),
      sealed: Object.fromEntries(
        table.columns.flatMap((name) => (row[name] === null ? [] : [[name, String(row[name])]])),
      ),
    }));
  };

  return {
    count: (prefix) =>
      guarded(async () => {
        let all = 0;
        for (const [table, name] of columns()) {
          const { rows } = await sql<{ readonly found: number | string }>`
            select count(*) as found from ${sql.table(table.table)} where ${begins(column(table, name), prefix)}
          `.execute(db);
          all += Number(rows[0]?.found ?? 0);
        }
        return all;
      }),
    sample: (prefix, limit) =>
      guarded(async () => {
        const found: SealedRow[] = [];
        for (const table of SEALED_TABLES) {
          const any = table.columns.map((name) => begins(column(table, name), prefix));
          found.push(...(await select(table, sql`(${sql.join(any, sql` or `)})`, limit)));
        }
        return found;
      }),
    foreign: (prefixes, limit) =>
      guarded(async () => {
        const found: string[] = [];
        for (const [table, name] of columns()) {
          const others = prefixes.map((prefix) => beginsNot(column(table, name), prefix));
          const { rows } = await sql<{ readonly beginning: string }>`
            select distinct substr(${column(table, name)}, 1, 40) as beginning from ${sql.table(table.table)}
            where ${sql.join(others, sql` and `)} limit ${sql.lit(limit)}
          `.execute(db);
          found.push(...rows.map(({ beginning }) => beginning));
        }
        return found;
      }),
    page: (table, without, after, limit) =>
      guarded(() => {
        const any = table.columns.map((name) => beginsNot(column(table, name), without));
        const others = sql`(${sql.join(any, sql` or `)})`;
        if (!after) return select(table, others, limit);
        const key = sql.join(table.key.map((name) => column(table, name)));
        return select(table, sql`(${key}) > (${sql.join(after.map((value) => sql.val(value)))}) and ${others}`, limit);
      }),
    replace: (table, replacements) =>
      guarded(() =>
        db.transaction().execute(async (transaction) => {
          let replaced = 0;
          for (const { key, column: name, before, after } of replacements) {
            const is = table.key.map((part, index) => sql`${sql.ref(part)} = ${key[index]}`);
            const own = sql.join(table.key.map((part) => sql.ref(part)));
            const { numAffectedRows = 0n } = await sql`
              update ${sql.table(table.table)} set ${sql.ref(name)} = ${after}
              where (${own}) in (
                select ${own} from ${sql.table(table.table)}
                where ${sql.join(is, sql` and `)} and ${sql.ref(name)} = ${before} ${skipLocked}
              )
            `.execute(transaction);
            replaced += Number(numAffectedRows);
          }
          return replaced;
        }),
      ),
  };
}

function columns(): readonly (readonly [SealedTable, string])[] {
  return SEALED_TABLES.flatMap((table) => table.columns.map((name) => [table, name] as const));
}

function columnsOf(table: SealedTable): RawBuilder<unknown> {
  const { owner } = table;
  const holder = owner === 'operation' ? 'operations' : table.table;
  const [customer, provider] =
    typeof owner === 'string'
      ? [sql.ref(`${holder}.customer_id`), sql.ref(`${holder}.provider`)]
      : [sql.lit(owner.customer_id), column(table, owner.provider_column)];
  return sql.join([
    ...table.key.map((name, index) => sql`${column(table, name)} as ${sql.ref(`key_${String(index)}`)}`),
    sql`${customer} as owner_customer`,
    sql`${provider} as owner_provider`,
    ...table.columns.map((name) => sql`${column(table, name)} as ${sql.ref(name)}`),
  ]);
}

function column({ table }: SealedTable, name: string): RawBuilder<unknown> {
  return sql.ref(`${table}.${name}`);
}

/** Not LIKE: an id may have `_`, and an index would not be used in either database. */
function begins(value: RawBuilder<unknown>, prefix: string): RawBuilder<unknown> {
  return sql`substr(${value}, 1, ${sql.lit(prefix.length)}) = ${prefix}`;
}

function beginsNot(value: RawBuilder<unknown>, prefix: string): RawBuilder<unknown> {
  return sql`substr(${value}, 1, ${sql.lit(prefix.length)}) <> ${prefix}`;
}
