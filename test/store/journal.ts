/** The journal through the door, on a server: created once, replayed, in flight, taken over, and gone on with after a crash. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DEFAULT_GRACE_MS } from '../../src/core/settle-unknown.ts';
import { patientClock, type TestClock } from '../support/clock.ts';
import { bodyOf, createStep, errorsOf, openConnectedHouse, sequenceOf, tenant, told } from '../http/support.ts';
import type { Answer } from '../support/answer.ts';
import { writesAmong, type House } from '../support/house.ts';

const CALL = { type: 'call' };
const EMAIL = { type: 'auto_email', template: { subject: 'Subject', body: '<p>Body</p>' } };
const EMAIL_CALLS = ['templates', 'sequenceSteps', 'sequenceTemplates', 'activate'];
const PROVIDER = 'outreach';

export function journal(newUrl: () => Promise<string>): void {
  let house: House;
  const beside: House[] = [];
  beforeEach(async () => {
    house = await openConnectedHouse({ databaseUrl: await newUrl() });
  });
  afterEach(async () => {
    house.sandbox(PROVIDER).clearFaults();
    for (const each of beside.splice(0)) await each.close();
    await house.close();
  });
  async function another(clock?: TestClock): Promise<House> {
    const opened = await house.beside(clock ? { clock } : {});
    beside.push(opened);
    return opened;
  }
  const keyed = (key = 'key-1') => ({ headers: { 'idempotency-key': key, prefer: 'wait=0' } });
  const names = () => writesAmong(house.sandbox(PROVIDER).calls()).map(({ path }) => path.split('/').at(-1));
  const steps = () => house.sandbox(PROVIDER).steps(sequenceOf(house.sandbox(PROVIDER)));
  const replayed = ({ headers }: Answer) => headers.get('idempotent-replayed');

  test('the same request with the same key is answered as before, by another process too; another one is refused', async () => {
    const first = await createStep(house, EMAIL, keyed());
    expect(first.status, first.text).toBe(201);
    for (const at of [house, await another()]) {
      const again = await createStep(at, EMAIL, keyed());
      expect([again.status, again.text, replayed(again)]).toEqual([201, first.text, 'true']);
      expect(told(await createStep(at, CALL, keyed()))).toEqual(['IDEMPOTENCY_KEY_REUSED idempotency-key']);
    }
    expect(names()).toEqual(EMAIL_CALLS);
  });

  test('of four at once in two processes exactly one writes, one step or a batch', async () => {
    // Whoever waits for the turn asks again and again: that must not use up the lease of the one who writes.
    const clock = patientClock();
    const [one, other] = [await another(clock), await another(clock)];
    const ask = (at: House) =>
      at.ask(`/sequences/${sequenceOf(house.sandbox(PROVIDER))}/sequence_steps/_batch`, {
        method: 'POST',
        headers: { ...tenant(PROVIDER), 'idempotency-key': 'batch' },
        body: { records: [EMAIL, CALL, CALL], stop_on_error: false },
      });
    for (const asked of [(at: House) => createStep(at, EMAIL, keyed()), ask]) {
      const before = names().length;
      const answers = await Promise.all([asked(one), asked(other), asked(other), asked(one)]);
      const done = answers.filter(({ status }) => status < 300);
      // One that reads late is answered from the first.
      expect(new Set(done.map(({ text }) => text)).size, answers.map(({ text }) => text).join('\n')).toBe(1);
      for (const { status } of answers) expect([200, 201, 409]).toContain(status);
      expect(names().length - before).toBe(asked === ask ? 6 : 4);
      expect((await asked(other)).text).toBe(done[0]?.text);
    }
  });

  test('two processes that write to one sequence take turns', async () => {
    // Whoever waits asks again and again: that must not use up the lease of the one who writes.
    const clock = patientClock();
    const [one, other] = [await another(clock), await another(clock)];
    const asked = Array.from({ length: 12 }, (_, index) =>
      createStep(index % 2 ? one : other, CALL, keyed(`k${index}`)),
    );
    for (const { status, text } of await Promise.all(asked)) expect(status, text).toBe(201);
    expect(new Set(steps().map(({ id }) => id)).size).toBe(12);
  });

  test('what failed in the middle is listed, shown and resumed by another process', async () => {
    house.sandbox(PROVIDER).answerNext({ method: 'POST', path: /\/sequenceSteps$/ }, { status: 403, body: {} });
    const first = await createStep(house, EMAIL);
    const { operation_id: id = '' } = (errorsOf(first)[0]?.meta ?? {}) as { operation_id?: string };
    const other = await another();
    const listed = (await other.ask('/operations')).json as { records: readonly { readonly id: string }[] };
    expect(listed.records.map((each) => each.id)).toEqual([id]);
    const shown = (await other.ask(`/operations/${id}`)).json;
    expect(shown).toMatchObject({ status: 'open', under_way: false, created: [{ kind: 'template' }] });
    const resumed = await other.ask(`/operations/${id}/actions/resume`, { method: 'POST' });
    expect(resumed.status, resumed.text).toBe(201);
    expect(names()).toEqual(['templates', 'sequenceSteps', ...EMAIL_CALLS.slice(1)]);
    expect(steps()).toHaveLength(1);
  });

  test.each([1, 2, 3, 4].flatMap((nth) => [[nth, 'before_commit'] as const, [nth, 'after_commit'] as const]))(
    'after a crash in call %i, %s, another process goes on by itself, and nothing is there twice',
    async (nth, at) => {
      house.sandbox(PROVIDER).addFault({ match: { method: 'POST' }, fault: { kind: 'hang', at }, nth });
      const asked = createStep(house, EMAIL, keyed());
      await expect.poll(() => names().length).toBe(nth);
      house.clock.pass(31_000);
      const other = await another();
      await other.recovery.look();
      house.clock.pass(DEFAULT_GRACE_MS);
      await other.recovery.look();
      house.sandbox(PROVIDER).clearFaults();
      expect((await asked).status).toBeGreaterThan(399);
      const again = await createStep(house, EMAIL, keyed());
      expect([again.status, replayed(again)], again.text).toEqual([201, 'true']);
      expect(steps()).toMatchObject([{ id: bodyOf(again).record?.id, live: true }]);
    },
  );
}
