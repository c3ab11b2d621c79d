/**
 * A change of a step in Apollo's words. What is sent and what is then expected are made of the same, so that nothing can
 * be asked for and not be looked for.
 */
import { largestUnit, type PlannedChange } from '#provider';
import { WAIT_MODES } from './calls.ts';
import { hasContent, type Whole } from './read.ts';
import type { OneStep } from './snapshot.ts';

type Native = Readonly<Record<string, unknown>>;

export interface NativeChange {
  /** Of the step; undefined where nothing is asked of it. */
  readonly step: Native | undefined;
  /** Of its message: its thread, and whose text it has. */
  readonly touch: { readonly type?: string; readonly emailer_template_id?: string };
  /** Of its text. */
  readonly text: { readonly subject?: string; readonly body_html?: string };
  /** Whether the message starts a thread and did not, or the other way round. */
  readonly turns: boolean;
  /** Whether it gets its first text: then it is approved. One that had a text and was not is somebody's decision. */
  readonly approves: boolean;
}

export function nativeChange(change: PlannedChange, { step, touch, template: now }: OneStep): NativeChange {
  const { template, is_reply: isReply } = change;
  const turns = isReply !== undefined && isReply !== (touch?.type === 'reply_to_thread');
  // A reply leaves the subject empty and takes that of its thread.
  const subject = turns && isReply ? '' : template?.subject;
  const another = template?.id;
  return {
    step: asksOfStep(change) ? ofStep(change, step) : undefined,
    touch: {
      ...(isReply === undefined ? {} : { type: isReply ? 'reply_to_thread' : 'new_thread' }),
      ...(another === undefined ? {} : { emailer_template_id: another }),
    },
    text: {
      ...(subject === undefined || another !== undefined ? {} : { subject }),
      ...(template?.body === undefined ? {} : { body_html: template.body }),
    },
    turns,
    approves: template !== undefined && !(now && hasContent(now)) && touch?.['status'] !== 'approved',
  };
}

function asksOfStep({ interval_seconds: interval, order, task_note: note, custom_fields: custom }: PlannedChange) {
  return interval !== undefined || order !== undefined || note !== undefined || Object.keys(custom).length > 0;
}

/**
 * Position and waiting time are always sent: clients that do are seen working. Where nobody asked for another, they are
 * those of now, which a custom field may replace without contradicting anybody.
 */
function ofStep(
  { interval_seconds: interval, order, task_note: note, custom_fields }: PlannedChange,
  step: OneStep['step'],
) {
  const asked = {
    ...(order === undefined ? {} : { position: order }),
    ...(interval === undefined ? {} : waitOf(interval)),
    ...(note === undefined ? {} : { note }),
  };
  const { position, wait_time, wait_mode } = step;
  const waits = (wait_time ?? null) !== null && (wait_mode ?? null) !== null;
  const now = { position, ...(waits ? { wait_time, wait_mode } : {}) };
  const isSaid = ([key]: readonly [string, unknown]) => key in asked || !Object.hasOwn(custom_fields, key);
  return Object.fromEntries(Object.entries({ ...now, ...asked }).filter(isSaid));
}

function waitOf(seconds: number) {
  const { unit, count } = largestUnit(seconds, WAIT_MODES);
  return { wait_time: count, wait_mode: unit };
}

/** The sequence as it should be after the change. Of a text that was not shown before, what is shown now is as it should be. */
export function afterChange(whole: Whole, own: OneStep, change: PlannedChange, found: Whole): Whole {
  const { step, touch, text, approves } = nativeChange(change, own);
  const steps = replaced(whole.emailer_steps, own.step, { ...step, ...change.custom_fields });
  const touches = replaced(whole.emailer_touches, own.touch, { ...touch, ...(approves ? { status: 'approved' } : {}) });
  const templates = replaced(whole.emailer_templates, own.template, { ...text, ...change.template?.custom_fields });
  const another = touch.emailer_template_id;
  const isNew = another !== undefined && !templates.some(({ id }) => id === another);
  const shown = found.emailer_templates?.find(({ id }) => id === another);
  return {
    ...whole,
    emailer_steps: steps,
    emailer_touches: touches,
    emailer_templates: isNew ? [...templates, shown ?? { id: another }] : templates,
  };
}

function replaced<T extends { readonly id: string }>(
  all: readonly T[] | null | undefined,
  one: T | undefined,
  set: Native,
): T[] {
  return (all ?? []).map((each) => (each.id === one?.id ? { ...each, ...set } : each));
}
