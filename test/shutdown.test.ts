import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { held } from './faults/run.ts';
import { underWay } from './shutdown-scenes.ts';

test.each([
  ['one signal', ['SIGTERM']],
  ['the same signal twice, as from a terminal and from npm, and another', ['SIGINT', 'SIGINT', 'SIGTERM']],
] as const)('%s: what is under way is finished and told, nothing new is taken', async (_says, signals) => {
  const { gateway, write, after, answer } = await underWay({ kind: 'delay', at: 'before_commit', ms: 1_000 });
  try {
    const told = performance.now();
    for (const signal of signals) {
      void gateway.signal(signal);
      await sleep(200);
    }
    await expect(fetch(`${gateway.url()}/healthz`), 'a new connection').rejects.toThrow('fetch failed');
    expect((await answer)?.status).toBe(201);
    const { code } = await gateway.ended();
    expect(code).toBe(0);
    expect(performance.now() - told).toBeLessThan(4_000);
    expect(held(gateway.sandbox('outreach'))).toBe(after);

    await gateway.startAgain(0);
    expect(await gateway.open()).toEqual([]);
    const replay = await write.send('key');
    expect([replay?.status, replay?.headers.get('idempotent-replayed')]).toEqual([201, 'true']);
    expect(held(gateway.sandbox('outreach'))).toBe(after);
  } finally {
    await gateway.close();
  }
});
