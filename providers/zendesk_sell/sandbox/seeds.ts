import type { Seed } from '#sandbox';
import { collection } from './sequences.ts';
import type { Sequence, Step } from './sequences.ts';

/** What each sequence is for, by id. */
export const seeds: Readonly<Record<number, Seed>> = { 3: 'with_steps', 4: 'empty', 5: 'with_email' };

/** By id, more than fit on a page of the default size. The API only reads: administrators make them in the web settings. */
export function seededSequences(): readonly Sequence[] {
  // The example of the reference.
  const documented = sequence(3, 'Warm approach after webinar', '2020-06-22T12:41:45Z', [
    email(3, [0, 'weekdays'], { email_template_id: 7, is_reply: false }),
    task(5, [6, 'hours'], 'Call mobile'),
  ]);
  const empty = sequence(4, 'Not built yet', '2021-03-01T08:00:00Z', []);
  const mixed = sequence(5, 'Inbound lead, two weeks', '2022-11-15T16:20:05Z', [
    email(11, [2, 'hours'], { email_template_id: 8, is_reply: false }),
    task(12, [1, 'weekdays'], 'Call, then leave a voicemail'),
    email(13, [36, 'hours'], { email_template_id: 9, is_reply: true }),
    task(14, [6, 'weekdays'], 'Look for a second contact'),
    email(15, [0, 'hours'], { email_template_id: 10, is_reply: false }),
  ]);
  return [
    { ...documented, unsubscribe_settings: { enabled: true, locale: 'en-US' } },
    empty,
    { ...mixed, unsubscribe_settings: { enabled: false, locale: 'pl-PL' } },
    ...Array.from({ length: 24 }, (_, index) => plain(6 + index)),
    plain(LONG_ID),
  ];
}

/** Ids are 64-bit numbers. */
const LONG_ID = 4_294_967_299;

type Delay = readonly [Step['delay_from_previous_step'], Step['delay_from_previous_step_unit']];
type StepWithoutPosition = Omit<Step, 'position'>;

function plain(id: number): Sequence {
  const delay: Delay = id % 2 === 0 ? [id, 'hours'] : [id % 20, 'weekdays'];
  return sequence(id, `Outbound ${id}`, '2023-05-04T10:11:12Z', [task(100 + id, delay, `Call number ${id}`)]);
}

/** Keys in the order of the documented example. */
function sequence(id: number, name: string, time: string, steps: readonly StepWithoutPosition[]): Sequence {
  const rows = steps.map(({ action_properties, ...step }, position) => ({ ...step, position, action_properties }));
  return {
    id,
    name,
    steps_total: rows.length,
    creator_id: 1,
    updated_at: time,
    created_at: time,
    steps: collection('step', rows),
  };
}

function email(id: number, delay: Delay, action_properties: Step['action_properties']): StepWithoutPosition {
  return { id, action_type: 'automated_email', ...wait(delay), action_properties };
}

function task(id: number, delay: Delay, task_content: string): StepWithoutPosition {
  return { id, action_type: 'task', ...wait(delay), action_properties: { task_content } };
}

function wait([delay, unit]: Delay): Pick<Step, 'delay_from_previous_step' | 'delay_from_previous_step_unit'> {
  return { delay_from_previous_step: delay, delay_from_previous_step_unit: unit };
}
