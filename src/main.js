#!/usr/bin/env node
// Plain JavaScript, so that a Node too old to read the rest can still say so.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  console.error(
    `stepgate needs Node 22.19 or newer, and this is ${process.version}. "npm ci && npm start" brings its own; install scripts must be allowed for that.`,
  );
  process.exit(1);
}
await import('./cli.ts');
