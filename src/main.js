#!/usr/bin/env node
// Plain JavaScript, so that a Node too old to read the rest can still say so.
import module from 'node:module';
import { settleHeap } from './heap.js';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(
    `stepgate needs Node 22.19 or newer, and this is ${process.version}. "npm ci" brings one (install scripts must be allowed for that): start stepgate with node_modules/.bin/node instead of node.`,
  );
  process.exit(1);
}
// Beside the packages and not in the system's folder for temporary files, where others could put code into it. Where this
// folder cannot be written, nothing is kept.
module.enableCompileCache(`${import.meta.dirname}/../node_modules/.cache/stepgate`);
await import('./cli.ts');
settleHeap();
