/** What an error of a database means to those who wait for it, in the words of either database. */

/** The server did not answer, or its connection broke: if a commit was under way, nobody knows whether it was carried out. */
export class DatabaseLost extends Error {
  override readonly name = 'DatabaseLost';
}

/** It answers, but this gateway cannot work with it before somebody has changed something. The message is for the operator. */
export class DatabaseUnusable extends Error {
  override readonly name = 'DatabaseUnusable';
}

/** Whether nobody is served at the moment, so that each who tried would only wait again. */
export function isAway(error: unknown): boolean {
  return error instanceof DatabaseLost || isBusy(error) || AWAY.test(stateOf(error));
}

/**
 * Whether a server was reached that will not be talked to like this, or the URL cannot work: its TLS, its certificate, a password
 * that is not there. Whatever may only mean that nobody is there yet is none.
 */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof DatabaseLost) || !(error.cause instanceof Error)) return false;
  const { code, message } = error.cause as NodeJS.ErrnoException;
  return code === undefined ? !NOBODY.test(message) : !UNREACHED.test(code) || code === 'EPROTO';
}

/** Whether a transaction was undone because another one had the same rows: run again, it may succeed. */
export function isContended(error: unknown): boolean {
  return CONTENDED.has(stateOf(error));
}

/** Whether another connection holds the SQLite file, longer than anybody waits for it. */
export function isBusy(error: unknown): boolean {
  // The low byte is SQLite's primary result code: SQLITE_BUSY, SQLITE_LOCKED.
  return error instanceof Error && 'errcode' in error && BUSY.has(Number(error.errcode) & 0xff);
}

/** PostgreSQL's SQLSTATE, or an empty string. */
export function stateOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && SQLSTATE.test(code) ? code : '';
}

/** What `pg` says, without a code, of a connection that ended or was not answered in time. */
const NOBODY = /terminated|timeout|not queryable|closed|ended/i;
/** Node's codes of the system; those of TLS are longer words, such as DEPTH_ZERO_SELF_SIGNED_CERT. */
const UNREACHED = /^(E[A-Z0-9]+|EAI_[A-Z]+)$/;
const SQLSTATE = /^[0-9A-Z]{5}$/;
const BUSY: ReadonlySet<number> = new Set([5, 6]);
const CONTENDED: ReadonlySet<string> = new Set(['40001', '40P01']);
/**
 * Connections, who may log on, room, a system error; a server that starts, stops or is a standby; a statement, a lock or a
 * transaction that took too long. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const AWAY = /^(08|28|53|58|3D000|57P|57014|55P03|25006|25P03|25P04)/;
