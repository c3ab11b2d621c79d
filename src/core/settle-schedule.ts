/** When a step runs: by its date or by its interval, never by both, and never earlier than asked. */
import type { StepFacts, Holds } from '../model/create-steps.ts';
import { cellOf, refuse, warn, type Draft } from './draft.ts';
import { describeSeconds, place } from './place.ts';

/** A step is scheduled by its date or by its interval, never by both; absent and 0 differ where a date is given. */
export function settleSchedule(draft: Draft, holds: Holds): void {
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
