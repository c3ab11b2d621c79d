import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    // As many as there are cores: the standard leaves one idle.
    maxWorkers: availableParallelism(),
    restoreMocks: true,
    testTimeout: 20_000,
  },
});
