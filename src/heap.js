// How V8 keeps the objects of requests. Plain JavaScript, like what calls it, and only after everything is loaded: what was compiled under
// other flags V8 compiles again, Node's own modules and what is in the cache alike. For the same reason nothing stays in the end.
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

// Each half of the space where objects begin. Left alone it grows to 64 MB under any load: 60 to 75 MB more of memory, for nothing at 32 connections.
const YOUNG_BYTES = 16 * 1024 * 1024;
// With many requests under way it must grow: each of them outlives two collections then, is moved twice and left to a full collection, which with a
// thousand under way is two fifths of all work. More of a half than this is moved to the old generation in such a time, and a fifth of it otherwise.
const MOVED_SHARE = 1 / 8;
// Of how many collections, about, the mean is taken: what a start makes for good must not count as a load.
const REMEMBERED = 16;
const [STAYS, DOUBLES] = [1, 2];

export function settleHeap() {
  // V8 makes objects of a kind that outlived its first collections, which are small, in the old generation from then on. Those of a request
  // live as long as its provider takes, and then keep each other there until a full collection: two fifths of our own time at 32 connections.
  setFlagsFromString('--no-allocation-site-pretenuring');
  boundYoung();
  process.on('exit', () => {
    setFlagsFromString('--allocation-site-pretenuring');
    growBy(DOUBLES);
  });
}

function boundYoung() {
  let old = bytesOf('old_space').space_used_size;
  let moved = 0;
  new PerformanceObserver((collections) => {
    const half = bytesOf('new_space').space_size / 2;
    const held = bytesOf('old_space').space_used_size;
    const each = Math.max(0, held - old) / collections.getEntries().length;
    [old, moved] = [held, moved + (each - moved) / REMEMBERED];
    // V8 shrinks it while there is little to do, so that it must be able to grow again.
    growBy(half >= YOUNG_BYTES && moved < MOVED_SHARE * half ? STAYS : DOUBLES);
  }).observe({ entryTypes: ['gc'] });
}

function bytesOf(space) {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === space);
}

// V8 reads it each time when it could grow.
function growBy(factor) {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}
