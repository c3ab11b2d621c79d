/** For `node --import`: a process that starts CLOCK_AHEAD_MS later than it does, to see what a lease or a grace makes of it. */
import { flushCompileCache } from 'node:module';

const ahead = Number(process.env['CLOCK_AHEAD_MS']);
const now = Date.now.bind(Date);
Date.now = () => now() + ahead;

// A process that is killed leaves nothing for the next one to start with.
setTimeout(flushCompileCache, 300).unref();
