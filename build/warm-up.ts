/**
 * Runs the packed gateway once, so that Node keeps what it has compiled of it: development mode creates a step in every
 * provider, and what has run by then is in the cache. It is this user's: Node keeps one for each.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** @throws {Error} where it does not run. */
export async function warmUp(folder: string): Promise<void> {
  const child = spawn(process.execPath, [join(folder, 'stepgate.js'), 'dev'], {
    env: { PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  let said = '';
  for await (const text of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
    said += text;
    if (said.includes('Ctrl-C')) child.kill('SIGTERM');
  }
  const [code] = await ended;
  if (code !== 0) throw new Error(`The packed gateway ended with ${code}.`);
}
