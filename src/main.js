#!/usr/bin/env node
// Plain JavaScript, so that a Node too old to read the rest can still say so.
import module from 'node:module';
import { setFlagsFromString } from 'node:v8';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(
    `stepgate needs Node 22.19 or newer, and this is ${process.version}. "npm ci && npm start" brings its own; install scripts must be allowed for that.`,
  );
  process.exit(1);
}
// Beside the packages and not in the system's folder for temporary files, where others could put code into it. Where this
// folder cannot be written, nothing is kept.
module.enableCompileCache(`${import.meta.dirname}/../node_modules/.cache/stepgate`);
await import('./cli.ts');
// V8 makes objects of a kind that outlived its first collections, which are small, in the old generation from then on. Those of a request
// live as long as its provider takes, and then keep each other there until a full collection: two fifths of our own time at 32 connections.
// Only now, and not in the end: what was compiled under other flags V8 compiles again, Node's own modules and what is in the cache alike.
setFlagsFromString('--no-allocation-site-pretenuring');
process.on('exit', () => setFlagsFromString('--allocation-site-pretenuring'));
