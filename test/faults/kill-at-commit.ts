/**
 * For `node --import`: the process kills itself with SIGKILL right before or right after a commit of its database. Which one
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
  if (!/^commit$/i.test(sql)) return statement;
  const run = statement.run.bind(statement);
  statement.run = () => {
    const order = JSON.parse(readFileSync(file, 'utf8')) as Order;
    if (order.token !== counted.token) Object.assign(counted, { token: order.token, commits: 0 });
    counted.commits += 1;
    const isNow = counted.commits === order.nth;
    if (isNow && order.side === 'before') process.kill(process.pid, 'SIGKILL');
    const result = run();
    if (isNow && order.side === 'after') process.kill(process.pid, 'SIGKILL');
    return result;
  };
  return statement;
};
