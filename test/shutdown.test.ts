import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { held } from './faults/run.ts';
import { openConnectedDoor, rawHead } from './http/door.ts';
import { sequenceOf } from './http/support.ts';
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

test('what is under way for a caller who is cut off is finished and written down before the rest is closed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stepgate-stop-'));
  const file = join(folder, 'stepgate.db');
  const door = await openConnectedDoor({ database: { file } });
  const sandbox = door.sandbox('outreach');
  const struck = { match: { method: 'POST', path: /sequenceSteps$/ }, times: 1 };
  sandbox.addFault({ ...struck, fault: { kind: 'delay', at: 'after_commit', ms: 60_000 } });
  const body = JSON.stringify({ record: { type: 'auto_email', template: { subject: 'S', body: '<p>B</p>' } } });
  const lines = [`content-length: ${body.length}`, 'idempotency-key: key'];
  const socket = connect(door.port, '127.0.0.1');
  socket.write(rawHead(lines, { sequence: sequenceOf(sandbox) }) + body);
  await expect.poll(() => sandbox.calls().some(({ path }) => path.endsWith('/sequenceSteps'))).toBe(true);
  socket.destroy();

  const closing = vi.spyOn(door.gateway, 'close');
  const closed = door.close();
  await expect.poll(() => closing).toHaveBeenCalled();
  sandbox.clearFaults();
  await closed;
  const db = new DatabaseSync(file);
  try {
    expect(db.prepare('select status, lease_owner from operations').all()).toEqual([
      { status: 'done', lease_owner: null },
    ]);
    const audit = db.prepare(`select outcome, status from audit where action = 'createSequenceStep'`).all();
    expect(audit).toEqual([{ outcome: 'done', status: 201 }]);
  } finally {
    db.close();
    rmSync(folder, { recursive: true });
  }
});
