/** Calls that take their time: they may arrive in another window than the one they were taken from. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createQueue, type BudgetQueue, type Refusal } from '../../src/limits/queue.ts';
import type { LedgerStore } from '../../src/limits/share.ts';
import { createWaitingRoom } from '../../src/limits/waiting-room.ts';
import { openWindows } from '../../src/limits/window.ts';
import { endOf, type BudgetWindow } from '../../src/model/budget.ts';
import { heldClock, type TestClock } from '../support/clock.ts';

const BY_CALL: BudgetWindow = { name: 'minute', seconds: 60, limit: 50, opens: 'with_first_call' };
const BY_CLOCK: BudgetWindow = { ...BY_CALL, opens: 'on_the_clock' };
const TOLD: BudgetWindow = { ...BY_CALL, headers: { remaining: ['left'] } };
/** In the middle of a minute. */
const START = 1_000_020_000;
const TO_THE_MINUTE = 60_000 - (START % 60_000);

interface Caller {
  readonly queue: BudgetQueue;
  /** Takes as many of so many calls as fit now. @returns those that are on their way. */
  send(calls?: number): Promise<readonly Call[]>;
}

interface Call {
  /** It is counted by the provider. */
  arrive(): void;
  answer(left?: number): void;
  /** It was never sent. */
  fail(): void;
}

/** A provider that counts what arrives, and those who call it. */
function open(facts: BudgetWindow, { isShared = false } = {}) {
  const clock = heldClock(START);
  const ledger = isShared ? openLedger() : undefined;
  const provider = { endsAt: 0, used: 0, refused: 0 };
  const arrive = (): void => {
    if (clock.now() >= provider.endsAt) Object.assign(provider, { used: 0, endsAt: endOf(facts, clock.now()) });
    if (provider.used >= facts.limit) provider.refused += 1;
    else provider.used += 1;
  };
  return { clock, provider, caller: () => openCaller(facts, clock, arrive, ledger) };
}

function openCaller(facts: BudgetWindow, clock: TestClock, arrive: () => void, ledger?: LedgerStore): Caller {
  const room = createWaitingRoom(1_000);
  const refuse = (refusal: Refusal): Error => new Error(JSON.stringify(refusal));
  const shared = ledger && { shared: { ledger, holds: () => undefined } };
  const queue = createQueue(openWindows({ windows: [facts] }, ledger !== undefined), {
    clock,
    room,
    refuse,
    ...shared,
  });
  const send = async (calls = 1): Promise<readonly Call[]> => {
    const sent: Call[] = [];
    for (let call = 0; call < calls; call += 1) {
      try {
        await queue.take(1, { deadline: clock.now() });
      } catch {
        continue;
      }
      const turn = queue.sends();
      sent.push({
        arrive,
        answer: (left) => {
          queue.ended(1, turn);
          if (left !== undefined) queue.correct({ left: String(left) }, turn);
        },
        fail: () => {
          queue.ended(1);
          queue.giveBack(1);
        },
      });
    }
    await nextTurn();
    return sent;
  };
  return { queue, send };
}

function openLedger(): LedgerStore {
  let state: string | undefined;
  return {
    change: async (next) => {
      await Promise.resolve();
      state = next(state)?.state ?? state;
    },
  };
}

function finish(calls: readonly Call[]): void {
  for (const call of calls) {
    call.arrive();
    call.answer();
  }
}

describe.each([
  ['alone', false],
  ['with others', true],
])('a process %s', (_who, isShared) => {
  test('counts in the next minute what is under way when the minute ends', async () => {
    const { clock, provider, caller } = open(BY_CLOCK, { isShared });
    const process = caller();
    clock.pass(TO_THE_MINUTE - 1_200);
    const late = await process.send(10);
    expect(late).toHaveLength(10);
    clock.pass(2_400);
    const sent = await process.send(60);
    finish([...late, ...sent]);
    expect([sent.length, provider.refused]).toEqual([40, 0]);
    clock.pass(60_000);
    expect(await process.send(60)).toHaveLength(50);
  });

  test('gives back only what was counted in the window that is open', async () => {
    const { clock, provider, caller } = open(BY_CALL, { isShared });
    const process = caller();
    finish(await process.send(30));
    clock.pass(58_000);
    const connecting = await process.send(20);
    clock.pass(3_500);
    finish(await process.send());
    for (const call of connecting) call.fail();
    const sent = await process.send(100);
    finish(sent);
    expect([sent.length, provider.refused]).toEqual([49, 0]);
  });

  test('takes answers in another order for what they are', async () => {
    const { provider, caller } = open(TOLD, { isShared });
    const process = caller();
    finish(await process.send());
    const calls = await process.send(9);
    const left = calls.map((call) => {
      call.arrive();
      return TOLD.limit - provider.used;
    });
    for (const [index, call] of [...calls.entries()].toReversed()) call.answer(left[index]);
    const sent = await process.send(100);
    finish(sent);
    expect([sent.length, provider.refused]).toEqual([40, 0]);
  });
});

test('what was told of a window that is over is not held against a later one, which would seem to have begun before its time', async () => {
  const { clock, provider, caller } = open(TOLD, { isShared: true });
  const [process, other] = [caller(), caller()];
  const [slow, ...first] = await process.send(10);
  finish([...first]);
  slow?.arrive();
  clock.pass(62_000);
  slow?.answer(40);
  clock.pass(300_000);
  const [again] = await process.send();
  again?.arrive();
  again?.answer(49);
  for (const each of [other, process, other]) finish(await each.send(60));
  expect(provider).toMatchObject({ used: 50, refused: 0 });
});
