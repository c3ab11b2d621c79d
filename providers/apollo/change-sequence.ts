/**
 * Changing an Apollo sequence: the documented `PUT /sequences/{id}` takes the whole list of steps, and what is absent from
 * it is deleted. All that there is is sent, read again and compared. https://docs.apollo.io/reference/update-sequence
 */
import type { ChangeReport, Look, PlannedSequenceChange, Read, Send } from '#provider';
import { wholeAnswer, type Whole } from './read.ts';
import { doneAnswer } from './responses.ts';
import { comparableWhole, templateOf } from './snapshot.ts';

export const VISIBILITY = { team: 'everyone', private: 'restricted' } as const;

const NO_STEPS = 'Apollo changes a sequence only with its whole list of steps, and refuses a list without any.';
const NO_TEXT = 'Apollo does not show the text of every message here; sending the list without it would empty them.';
const AT_RISK =
  'Apollo changes a sequence only with its whole list of steps, which has no keys for some of what these steps have; deactivate the sequence first, so that nothing is sent should Apollo lose it:';

export async function lookAtSequence(
  sequenceId: string,
  _change: PlannedSequenceChange,
  read: Read,
): Promise<Look<Whole>> {
  const whole = await read.get(['emailer_campaigns', sequenceId], { response: wholeAnswer });
  const risks = whole.emailer_campaign.active === true ? risksOf(whole) : [];
  const untold = (whole.emailer_touches ?? []).some((touch) => typeof templateOf(whole, touch)?.body_html !== 'string');
  return {
    known: whole,
    refusals: [
      ...(whole.emailer_steps.length === 0 ? [{ code: 'STEPS_REQUIRED', pointer: '', detail: NO_STEPS } as const] : []),
      ...(untold ? [{ code: 'UNSUPPORTED_VALUE', pointer: '', detail: NO_TEXT } as const] : []),
      ...(risks.length > 0
        ? [{ code: 'UNSUPPORTED_VALUE', pointer: '', detail: `${AT_RISK} ${risks.join(', ')}.` } as const]
        : []),
    ],
  };
}

/** What the documented list has no keys for; whether it outlives the list is not known. */
function risksOf({ emailer_steps: steps, emailer_touches: touches, attachments }: Whole): readonly string[] {
  const keys = ['note', 'priority', 'exact_datetime', 'max_emails_per_day'];
  const inSteps = steps.flatMap((step) =>
    keys.filter((key) => (step[key] ?? '') !== '').map((key) => `${key} of step ${step.position}`),
  );
  const inTouches = (touches ?? []).flatMap((touch) => [
    ...(touch.type === 'reply_to_thread' ? ['a reply'] : []),
    ...(touch['include_signature'] === false ? ['a message without signature'] : []),
  ]);
  return [...inSteps, ...new Set(inTouches), ...((attachments ?? []).length > 0 ? ['attachments'] : [])];
}

export async function putSequence(
  sequenceId: string,
  change: PlannedSequenceChange,
  whole: Whole,
  send: Send,
): Promise<ChangeReport> {
  const { name, tags, type, owner_id: owner, custom_fields: custom } = change;
  await send.put(['sequences', sequenceId], {
    body: {
      ...(name === undefined ? {} : { name }),
      ...(tags === undefined ? {} : { label_names: tags }),
      ...(type === undefined ? {} : { sharing_permission: { visibility: VISIBILITY[type] } }),
      ...(owner === undefined ? {} : { user_id: owner }),
      emailer_steps: listOf(whole),
    },
    custom: [{ at: [], values: custom, from: '/custom_fields', step: -1 }],
    response: doneAnswer,
    sample: {},
    changes: { kind: 'emailer_campaign', id: sequenceId },
  });
  const after = await send.get(['emailer_campaigns', sequenceId], {
    response: wholeAnswer,
    sample: whole,
    when: 'to compare what Apollo holds then with what was asked for',
  });
  return { comparison: compared(change, whole, after) };
}

function listOf(whole: Whole) {
  return whole.emailer_steps
    .toSorted((a, b) => a.position - b.position)
    .map(({ id, position, type, wait_mode, wait_time, auto_skip_in_x_days: skip }) => {
      const touches = (whole.emailer_touches ?? []).filter((touch) => touch.emailer_step_id === id);
      return {
        ...{ id, position, type },
        ...(wait_mode === null || wait_mode === undefined ? {} : { wait_mode }),
        ...(wait_time === null || wait_time === undefined ? {} : { wait_time }),
        ...(typeof skip === 'number' ? { auto_skip_in_x_days: skip } : {}),
        ...(touches.length > 0 ? { emailer_touches: touches.map((touch) => listedTouch(whole, touch)) } : {}),
      };
    });
}

function listedTouch(whole: Whole, touch: NonNullable<Whole['emailer_touches']>[number]) {
  const { subject, body_html } = templateOf(whole, touch) ?? {};
  return {
    id: touch.id,
    ...(typeof touch['status'] === 'string' ? { status: touch['status'] } : {}),
    emailer_template: { ...(typeof subject === 'string' ? { subject } : {}), body_html },
  };
}

/** What is asked for under another name than it is read, such as labels, is not compared; all else is. */
function compared(
  { name, tags, type, owner_id: owner, custom_fields: custom }: PlannedSequenceChange,
  before: Whole,
  after: Whole,
) {
  const leaves = new Set([
    ...(tags ? ['label_ids'] : []),
    ...(type !== undefined || owner !== undefined || 'sharing_permission' in custom ? ['sharing_permission'] : []),
    ...(owner === undefined ? [] : ['object_owner_id']),
  ]);
  const view = (whole: Whole, set: Readonly<Record<string, unknown>> = {}): object => {
    const { emailer_campaign: campaign, ...rest } = comparableWhole(whole);
    const entries = Object.entries({ ...(campaign as object), ...set }).filter(([key]) => !leaves.has(key));
    const visibility = type === undefined ? {} : { visibility: set['visibility'] ?? visibilityOf(whole) };
    return { emailer_campaign: { ...Object.fromEntries(entries), ...visibility }, ...rest };
  };
  const { label_names: _labels, sharing_permission: _sharing, ...shown } = custom;
  const expected = {
    ...(name === undefined ? {} : { name }),
    ...(owner === undefined ? {} : { user_id: owner }),
    ...(type === undefined ? {} : { visibility: VISIBILITY[type] }),
    ...shown,
  };
  return { before: view(before), expected: view(before, expected), found: view(after) };
}

function visibilityOf({ emailer_campaign: campaign }: Whole): unknown {
  const sharing = campaign['sharing_permission'];
  return typeof sharing === 'object' && sharing !== null && 'visibility' in sharing ? sharing.visibility : undefined;
}
