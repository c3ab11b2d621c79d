/** `npm run build`: the packed gateway in `dist/`, and what Node has compiled of it beside the packages. */
import { fileURLToPath } from 'node:url';
import { packInto } from './pack.ts';
import { warmUp } from './warm-up.ts';

const folder = fileURLToPath(new URL('../dist/', import.meta.url));
await packInto(folder);
await warmUp(folder);
console.log('Made dist/, the packed gateway. To start it: node_modules/.bin/node dist/stepgate.js serve');
