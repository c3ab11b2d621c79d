import { expect, test } from 'vitest';
import { held, isSuccess } from './faults/run.ts';
import { repeated } from './support/gateway-process.ts';
import { underWay } from './shutdown-scenes.ts';

/** Ten seconds for requests under way, five for what they leave. */
const BOUND_MS = 15_000;

test.each(['before_commit', 'after_commit'] as const)(
  'a provider that hangs (%s) does not keep the gateway, and the next start settles what is left',
  async (at) => {
    const { gateway, write, after, answer } = await underWay({ kind: 'hang', at });
    try {
      const told = performance.now();
      const { code } = await gateway.signal('SIGTERM');
      expect(performance.now() - told).toBeLessThan(BOUND_MS + 2_000);
      expect(code).toBe(0);
      expect(await answer, 'nobody was told').toBeUndefined();
      gateway.sandbox('outreach').clearFaults();

      await gateway.startAgain(at === 'before_commit' ? 32_000 : 20_000);
      const answered = await repeated(() => write.send('key'), isSuccess);
      expect([answered?.status, held(gateway.sandbox('outreach'))], answered?.text).toEqual([201, after]);
      expect(await gateway.open()).toEqual([]);
    } finally {
      await gateway.close();
    }
  },
  60_000,
);

test('a provider that answers after the callers were cut off: what it did is written down', async () => {
  const { gateway, after, answer } = await underWay({ kind: 'delay', at: 'before_commit', ms: 12_000 });
  try {
    const { code } = await gateway.signal('SIGTERM');
    expect([code, await answer]).toEqual([0, undefined]);
    expect(held(gateway.sandbox('outreach'))).toBe(after);

    await gateway.startAgain(0);
    expect(await gateway.open()).toEqual([]);
    const audit = await gateway.ask('/audit?action=createSequenceStep');
    expect((audit?.json as { records: readonly object[] }).records[0]).toMatchObject({ outcome: 'done', status: 201 });
  } finally {
    await gateway.close();
  }
}, 60_000);
