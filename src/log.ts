/** The log: lines of JSON on standard error. */
import { pino, type Logger } from 'pino';

/** What cannot be written yet; where it is more, the newest lines are lost. */
const MAX_UNWRITTEN_BYTES = 16 * 1024 * 1024;

export interface Log {
  readonly log: Logger;
  /** How many lines have been lost. */
  readonly lost: () => number;
}

/** A log that cannot be written, such as on a full disk, loses lines, which are counted, and ends nothing. */
export function openLog(level: string): Log {
  let lost = 0;
  const destination = pino.destination({ dest: 2, sync: true, maxLength: MAX_UNWRITTEN_BYTES });
  destination.on('error', () => undefined);
  destination.on('drop', (lines) => {
    lost += String(lines).split('\n').length - 1;
  });
  return { log: pino({ level, base: null }, inTurns(destination)), lost: () => lost };
}

interface Lines {
  write(lines: string): unknown;
}

/** What is said in a turn of the loop is written at its end, at once: a write for each line costs as much as all else of it. What ends the process in order writes the rest. */
export function inTurns(destination: Lines): { write(line: string): void; flushSync(): void } {
  let waiting = '';
  const write = (): void => {
    const lines = waiting;
    waiting = '';
    if (lines !== '') destination.write(lines);
  };
  process.once('exit', write);
  return {
    write: (line) => {
      if (waiting === '') setImmediate(write);
      waiting += line;
    },
    // What pino asks for before an end that it is told of.
    flushSync: write,
  };
}
