import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

/** They start a PostgreSQL server, which only a process stops when it ends before its time. */
const WITH_SERVER = [
  'test/store/postgres.test.ts',
  'test/processes/*.test.ts',
  'test/connections/one-renewal.long.test.ts',
];

export default defineConfig({
  test: {
    environment: 'node',
    setupFiles: ['test/support/no-network.ts'],
    // One more than there are cores, because some only wait for a process or a clock.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    restoreMocks: true,
    // Only for what hangs: a test that is given up goes on beside the next ones, and disturbs them.
    testTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'servers', include: WITH_SERVER, pool: 'forks' } },
      // A thread is there in half the time of a process.
      {
        extends: true,
        test: {
          name: 'house',
          include: ['test/**/*.test.ts', ...WITH_SERVER.map((file) => `!${file}`)],
          pool: 'threads',
        },
      },
    ],
  },
});
