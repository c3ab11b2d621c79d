/** Those who wait for a budget: in which order, and for how long. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createQueue, type Refusal } from '../../src/limits/queue.ts';
import { createWaitingRoom } from '../../src/limits/waiting-room.ts';
import { openWindows } from '../../src/limits/window.ts';
import { heldClock } from '../support/clock.ts';

const MINUTE = { name: 'minute', seconds: 60, limit: 10, opens: 'with_first_call' } as const;

function open(places = 100) {
  const clock = heldClock(0);
  const room = createWaitingRoom(places);
  const refuse = (refusal: Refusal): Error => new Error(JSON.stringify(refusal));
  const queue = createQueue(openWindows({ windows: [MINUTE] }), { clock, room, refuse });
  const events: string[] = [];
  const take = (name: string, units: number, seconds: number): void => {
    const note = (how: string) => () => {
      events.push(`${name} ${how}`);
      if (how === 'in') queue.ended(units);
    };
    try {
      const waits = queue.take(units, { deadline: clock.now() + seconds * 1000 });
      if (waits) waits.then(note('in'), note('away'));
      else note('in')();
    } catch {
      note('refused')();
    }
  };
  const pass = async (milliseconds: number): Promise<void> => {
    clock.pass(milliseconds);
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  };
  return { clock, room, queue, events, take, pass };
}

test('a small call does not overtake a large one', async () => {
  const { events, take, pass } = open();
  take('first', 8, 60);
  take('large', 5, 60);
  take('small', 1, 60);
  expect(events).toEqual(['first in']);
  await pass(60_000);
  expect(events).toEqual(['first in', 'large in', 'small in']);
});

test('who stands behind more than the next window holds is told at once', async () => {
  const { events, take, pass } = open();
  take('first', 10, 60);
  take('second', 9, 60);
  take('third', 2, 60);
  take('fourth', 1, 60);
  expect(events).toEqual(['first in', 'third refused']);
  await pass(60_000);
  expect(events).toEqual(['first in', 'third refused', 'second in', 'fourth in']);
});

test('nobody waits longer than asked, all who are let in come in order, and no place is lost', async () => {
  const calls = fc.array(
    fc.record({
      units: fc.integer({ min: 1, max: 10 }),
      patience: fc.integer({ min: 0, max: 200 }),
      pause: fc.integer({ min: 0, max: 30_000 }),
    }),
    { minLength: 1, maxLength: 30 },
  );
  await fc.assert(
    fc.asyncProperty(calls, async (asked) => {
      const { clock, room, events, take, pass } = open(5);
      const deadlines = new Map<string, number>();
      const late = (): readonly string[] => {
        const ended = new Set(events.map((event) => event.split(' ')[0]));
        return [...deadlines]
          .filter(([name, deadline]) => deadline < clock.now() && !ended.has(name))
          .map(([name]) => name);
      };
      for (const [index, { units, patience, pause }] of asked.entries()) {
        deadlines.set(String(index), clock.now() + patience * 1000);
        take(String(index), units, patience);
        await pass(pause);
        expect(late()).toEqual([]);
      }
      for (let minute = 0; minute < 10; minute += 1) await pass(60_000);
      expect(room.waiting()).toBe(0);
      const letIn = events.filter((event) => event.endsWith(' in')).map((event) => Number(event.split(' ')[0]));
      expect(letIn).toEqual(letIn.toSorted((a, b) => a - b));
      expect(events).toHaveLength(asked.length);
    }),
    { numRuns: 200 },
  );
});
