import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { generatedFiles } from '../docs/generated.ts';

test('what is generated is what is checked in; if not: npm run generate', async () => {
  for (const { path, content } of await generatedFiles()) {
    expect(await readFile(path, 'utf8'), path).toBe(content);
  }
});
