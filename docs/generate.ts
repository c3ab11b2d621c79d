/** Writes what is generated: `openapi.yaml` and the tables in the READMEs. `npm run generate`; a test fails when one is stale. */
import { writeFile } from 'node:fs/promises';
import { generatedFiles } from './generated.ts';

for (const { path, content } of await generatedFiles()) await writeFile(path, content);
