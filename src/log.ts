/** The log: lines of JSON on standard error. */
import { pino, type Logger } from 'pino';

export function openLog(level: string): Logger {
  return pino({ level, base: null }, inTurns(pino.destination({ dest: 2, sync: true })));
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
