import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    setupFiles: ['test/support/no-network.ts'],
    // A thread is there in half the time of a process.
    pool: 'threads',
    // As many as there are cores: the standard leaves one idle.
    maxWorkers: availableParallelism(),
    restoreMocks: true,
    // Only for what hangs: a test that is given up goes on beside the next ones, and disturbs them.
    testTimeout: 60_000,
  },
});
