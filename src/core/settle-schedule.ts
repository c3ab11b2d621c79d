/** When a step runs: by its date or by its interval, never by both, and never earlier than asked. */
import type { StepFacts, Holds } from '../model/create-steps.ts';
import { cellOf, refuse, warn, type Draft } from './draft.ts';
import { describeSeconds, place } from './place.ts';

/** A step is scheduled by its date or by its interval, never by both; absent and 0 differ where a date is given. */
export function settleSchedule(draft: Draft, holds: Holds): void {
  if (holds.exact_times === true) {
    settleExactTime(draft);
    return;
  }
  if (holds.exact_times === false) refuseExactTime(draft);
  const { date, interval_seconds: interval } = draft.record;
  if (date === undefined) {
    draft.kept.interval_seconds = interval ?? 0;
    return;
  }
  const cell = cellOf(draft, 'date');
  const byDate = cell.support === 'none' ? false : holds.date_based;
  if (byDate !== false) draft.kept.date = date;
  if (byDate === true && interval !== undefined) {
    const detail = `This sequence goes by dates: ${date} schedules the step and the interval was left out.`;
    warn(draft, { type: 'INTERVAL_NOT_APPLIED', pointer: '/interval_seconds', detail, from: interval });
  }
  if (byDate !== false) return;
  const because = cell.support === 'none' ? cell.because : (draft.operation.preconditions.date_based ?? '');
  if (interval === undefined) {
    const detail = `${because} Leaving the date out would run the step at another time; give interval_seconds.`;
    refuse(draft, { code: 'DATE_NOT_SUPPORTED', detail, pointer: '/date' });
    return;
  }
  draft.kept.interval_seconds = interval;
  warn(draft, {
    type: 'DATE_NOT_APPLIED',
    pointer: '/date',
    detail: `${because} The interval schedules the step.`,
    from: date,
  });
}

/** Where each step has a time of its own, a native property, nothing else schedules it. */
function settleExactTime(draft: Draft): void {
  const { interval_seconds: interval, date } = draft.record;
  const { exact_times: because = '' } = draft.operation.preconditions;
  const { given, pointer } = exactTime(draft);
  if (!given) {
    refuse(draft, { code: 'UNSUPPORTED_VALUE', detail: because, pointer });
    return;
  }
  const detail = `${because} It was left out.`;
  if (interval !== undefined)
    warn(draft, { type: 'INTERVAL_NOT_APPLIED', pointer: '/interval_seconds', detail, from: interval });
  if (date !== undefined) warn(draft, { type: 'DATE_NOT_APPLIED', pointer: '/date', detail, from: date });
}

/** Left out or passed over, the step would run at another time than this one asks for. */
function refuseExactTime(draft: Draft): void {
  const { given, pointer } = exactTime(draft);
  const detail = 'This sequence goes by intervals, and none of its steps has an exact time. Give interval_seconds.';
  if (given) refuse(draft, { code: 'UNSUPPORTED_VALUE', detail, pointer });
}

function exactTime({ record: { custom_fields: custom = {} }, operation: { timing } }: Draft) {
  const { exact_key: key = '' } = timing;
  return { given: (custom[key] ?? null) !== null, pointer: `/custom_fields/${key}` };
}

export function applyTiming({ timing }: StepFacts, drafts: readonly Draft[]): void {
  const timed = drafts.filter((draft) => draft.kept.interval_seconds !== undefined);
  const placed = place(
    timing,
    timed.map(({ record, kept }) => ({ type: record.type, asked: Number(kept.interval_seconds) })),
  );
  for (const [index, draft] of timed.entries()) {
    const asked = Number(draft.kept.interval_seconds);
    const applied = placed[index]?.interval_seconds ?? asked;
    draft.kept.interval_seconds = applied;
    draft.kept.start_seconds = placed[index]?.start_seconds ?? asked;
    if (applied === asked) continue;
    const detail = `${timing.because}: ${describeSeconds(asked)} became ${describeSeconds(applied)}.`;
    warn(draft, { type: 'INTERVAL_ROUNDED', pointer: '/interval_seconds', detail, from: asked, to: applied });
  }
}
