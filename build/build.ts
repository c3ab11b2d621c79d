/** `npm run build`: the packed gateway in `dist/`, which needs nothing of `node_modules`. */
import { packInto } from './pack.ts';

await packInto(new URL('../dist/', import.meta.url));
