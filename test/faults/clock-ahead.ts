/**
 * For `node --import`: a process that starts CLOCK_AHEAD_MS later than it does, to see what a lease or a grace makes of it. With
 * SIGUSR2 its clock goes to what the file CLOCK_AHEAD_FILE says (`{token, ms}`), and it prints that.
 */
import { readFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';

const file = process.env['CLOCK_AHEAD_FILE'];
let ahead = Number(process.env['CLOCK_AHEAD_MS'] ?? '0');
const now = Date.now.bind(Date);
Date.now = () => now() + ahead;

if (file !== undefined) {
  process.on('SIGUSR2', () => {
    const text = readFileSync(file, 'utf8');
    ahead = (JSON.parse(text) as { readonly ms: number }).ms;
    process.stderr.write(`the clock is ahead ${text}\n`);
  });
}

// A process that is killed leaves nothing for the next one to start with.
setTimeout(flushCompileCache, 300).unref();
