/** The command line as a process of its own. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { keepSecret, leakIn } from './canary.ts';

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  /** Waits until the text has been printed, on either stream. @throws {Error} with the output if the process ends first. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  stop(signal: NodeJS.Signals): Promise<Finished>;
  readonly finished: Promise<Finished>;
}

/** Starts `stepgate` with these settings and nothing else of the environment. @param main another build of it. */
export function stepgate(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  nodeOptions: readonly string[] = [],
  main = MAIN,
): Running {
  keepSecret(env['STEPGATE_API_KEY'], 'STEPGATE_API_KEY');
  for (const entry of (env['STEPGATE_ENCRYPTION_KEYS'] ?? '').split(','))
    keepSecret(entry.split(':')[1], 'an entry of STEPGATE_ENCRYPTION_KEYS');
  const child = spawn(process.execPath, [...nodeOptions, main, ...words], {
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  const heard = (): void => {
    for (const watch of watchers) watch();
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    heard();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    heard();
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('close', (code) => {
      // Development mode shows its own key.
      const shown = words[0] === 'dev' ? '' : stdout;
      const leak = leakIn(`what "stepgate ${words.join(' ')}" prints`, stderr + shown);
      if (leak) reject(leak);
      else resolve({ code, stdout, stderr });
    });
  });
  return {
    finished,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const watch = (): void => {
          const match = pattern.exec(stdout + stderr);
          if (!match) return;
          watchers.delete(watch);
          resolve(match);
        };
        watchers.add(watch);
        watch();
        void finished.then((end) => {
          reject(new Error(`It ended before it printed ${String(pattern)}: ${JSON.stringify(end)}`));
        });
      }),
    stop: (signal) => {
      child.kill(signal);
      return finished;
    },
  };
}
