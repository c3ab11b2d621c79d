/**
 * For `node --import`: the process kills itself with SIGKILL right before or right after a commit of its database; in SQLite
 * one of its journal, since the audit and others commit beside it whenever they come to it. Which one
 * is in the file that KILL_ORDER names, as `{token, side, nth}`; each new token counts anew, so that one process can be
 * used until it is really killed.
 */
import { readFileSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

interface Order {
  readonly token: string;
  readonly side: 'before' | 'after';
  readonly nth: number;
}

const file = process.env['KILL_ORDER'] ?? '';
const counted = { token: '', commits: 0 };
// eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its own database below
const { prepare } = DatabaseSync.prototype;

DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string): StatementSync {
  const statement = prepare.call(this, sql);
  if (JOURNAL.test(sql)) return watched(this, statement);
  if (!isCommit(sql)) return statement;
  const run = statement.run.bind(statement);
  statement.run = () => {
    const order = journaled.delete(this) ? nextOrder() : undefined;
    die(order, 'before');
    const result = run();
    die(order, 'after');
    return result;
  };
  return statement;
};

/** Databases whose transaction has written to the journal. */
const journaled = new WeakSet<DatabaseSync>();
const JOURNAL = /^(insert into|update|delete from) "(operations|operation_items|operation_calls|idempotency_keys)"/i;

function watched(db: DatabaseSync, statement: StatementSync): StatementSync {
  for (const name of ['run', 'all'] as const) {
    const method = statement[name].bind(statement) as (...given: readonly unknown[]) => unknown;
    const marking = (...given: readonly unknown[]): unknown => {
      journaled.add(db);
      return method(...given);
    };
    Object.assign(statement, { [name]: marking });
  }
  return statement;
}

// Only of a gateway that runs from source: the packed one has `pg` within.
if (process.env['DATABASE_URL'] !== undefined) {
  const { default: pg } = await import('pg');
  type Query = (this: unknown, ...given: unknown[]) => unknown;
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const { query } = prototype;
  prototype.query = function (...given) {
    const order = isCommit(given[0]) ? nextOrder() : undefined;
    if (!order) return query.apply(this, given);
    die(order, 'before');
    // The gateway asks with promises.
    return (query.apply(this, given) as Promise<unknown>).then((result) => {
      die(order, 'after');
      return result;
    });
  };
}

function isCommit(sql: unknown): boolean {
  return typeof sql === 'string' && /^commit$/i.test(sql);
}

/** On which side of this commit it dies, if it does. */
function nextOrder(): Order['side'] | undefined {
  const order = JSON.parse(readFileSync(file, 'utf8')) as Order;
  if (order.token !== counted.token) Object.assign(counted, { token: order.token, commits: 0 });
  counted.commits += 1;
  return counted.commits === order.nth ? order.side : undefined;
}

function die(order: Order['side'] | undefined, here: Order['side']): void {
  if (order === here) process.kill(process.pid, 'SIGKILL');
}
