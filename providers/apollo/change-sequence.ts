/**
 * Changing an Apollo sequence: the documented `PUT /sequences/{id}` takes the whole list of steps, and what is absent from
 * it is deleted. All that there is is sent, read again and compared. https://docs.apollo.io/reference/update-sequence
 */
import { readBack, type ChangeReport, type Comparison, type Look } from '#provider';
import type { PlannedSequenceChange, Read, Send } from '#provider';
import { atRisk, isSet, listed, STEP, TEMPLATE, TOUCH } from './keys.ts';
import { compareLabels } from './labels.ts';
import { wholeAnswer, type Whole } from './read.ts';
import { doneAnswer } from './responses.ts';
import { snapshotOf, templateOf, unconfirmed, unshown } from './snapshot.ts';

export const VISIBILITY = { team: 'everyone', private: 'restricted' } as const;

const NO_STEPS = 'Apollo changes a sequence only with its whole list of steps, and refuses a list without any.';
const NO_TEXT = 'Apollo does not show the text of every message here; sending the list without it would empty them.';
const ATTACHED =
  'Apollo changes a sequence only with its whole list of steps, and does not show which of its messages has which attachment: they could be lost. Change this in Apollo.';
const GAP =
  'Apollo changes a sequence only with its whole list of steps, and refuses one with a gap. Move the steps behind it up first, in Apollo or by their `order`. There is no step at position';
const AT_RISK =
  'Apollo changes a sequence only with its whole list of steps, which has no keys for some of what these steps have; deactivate the sequence first, so that nothing is sent should Apollo lose it:';

export async function lookAtSequence(
  sequenceId: string,
  _change: PlannedSequenceChange,
  read: Read,
): Promise<Look<Whole>> {
  const whole = await read.get(['emailer_campaigns', sequenceId], { response: wholeAnswer });
  const refusals = reasonsAgainst(whole).map((detail) => ({ code: 'UNSUPPORTED_VALUE', pointer: '', detail }) as const);
  const isEmpty = whole.emailer_steps.length === 0;
  return {
    known: whole,
    refusals: isEmpty ? [{ code: 'STEPS_REQUIRED', pointer: '', detail: NO_STEPS }] : refusals,
  };
}

function reasonsAgainst(whole: Whole): readonly string[] {
  const { emailer_campaign: campaign, emailer_steps: steps } = whole;
  const touches = whole.emailer_touches ?? [];
  const gap = steps.findIndex((_, index) => !steps.some(({ position }) => position === index + 1));
  const untold = touches.some((touch) => typeof templateOf(whole, touch)?.body_html !== 'string');
  const attached = isSet(whole.attachments) || touches.some((touch) => isSet(touch['attachment_ids']));
  const risks = campaign.active === true ? risksOf(whole) : [];
  return [
    ...(gap < 0 ? [] : [`${GAP} ${gap + 1}.`]),
    ...(untold ? [NO_TEXT] : []),
    ...(attached ? [ATTACHED] : []),
    ...(risks.length > 0 ? [`${AT_RISK} ${risks.join(', ')}.`] : []),
  ];
}

function risksOf(whole: Whole): readonly string[] {
  return whole.emailer_steps.flatMap((step) => {
    const touches = (whole.emailer_touches ?? []).filter((touch) => touch.emailer_step_id === step.id);
    const inTouches = touches.flatMap((touch) => [
      ...atRisk(touch, TOUCH).map((key) => `emailer_touch.${key}`),
      ...atRisk(templateOf(whole, touch) ?? {}, TEMPLATE).map((key) => `emailer_template.${key}`),
    ]);
    return [...new Set([...atRisk(step, STEP), ...inTouches])].map((key) => `${key} of step ${step.position}`);
  });
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
    if_unknown: 'repeat',
  });
  const found = await readBack(
    send.get(['emailer_campaigns', sequenceId], {
      response: wholeAnswer,
      sample: whole,
      when: 'to compare what Apollo holds then with what was asked for',
    }),
  );
  return { comparison: compare(change, whole, found) };
}

/** All of it: the list would put back whatever has been changed since. */
export async function isAsKnown(
  sequenceId: string,
  change: PlannedSequenceChange,
  whole: Whole,
  read: Read,
): Promise<Comparison> {
  return compare(change, whole, await read.get(['emailer_campaigns', sequenceId], { response: wholeAnswer }));
}

function listOf(whole: Whole) {
  return whole.emailer_steps
    .toSorted((a, b) => a.position - b.position)
    .map((step) => {
      const touches = (whole.emailer_touches ?? []).filter((touch) => touch.emailer_step_id === step.id);
      const messages = touches.map((touch) => ({
        ...listed(touch, TOUCH),
        emailer_template: listed(templateOf(whole, touch) ?? {}, TEMPLATE),
      }));
      return { ...listed(step, STEP), ...(messages.length > 0 ? { emailer_touches: messages } : {}) };
    });
}

function compare(change: PlannedSequenceChange, whole: Whole, found: Whole) {
  const { name, type, owner_id: owner, custom_fields: custom } = change;
  const { label_names: labels = change.tags, ...fields } = custom;
  const tags = compareLabels(labels, whole.emailer_campaign['label_ids'], found.emailer_campaign['label_ids']);
  const hidden = unshown(fields, whole.emailer_campaign, found.emailer_campaign);
  const visible = Object.fromEntries(Object.entries(fields).filter(([key]) => !hidden.includes(key)));
  const asked = new Map([[whole.emailer_campaign.id, Object.keys(visible)]]);
  const view = (each: Whole, set: object = {}) => {
    const { emailer_campaign: campaign, ...rest } = snapshotOf(each, asked);
    const { object_owner_id: alias, sharing_permission: sharing, ...own } = campaign;
    return {
      emailer_campaign: {
        ...own,
        // The same as `user_id`, in answers of 2026.
        ...(owner === undefined ? { object_owner_id: alias } : {}),
        sharing_permission: withoutConsequences(sharing, change),
        ...set,
      },
      ...rest,
    };
  };
  const before = view(whole);
  const expected = {
    ...(name === undefined ? {} : { name }),
    ...(tags.expected === undefined ? {} : { label_ids: tags.expected }),
    ...(owner === undefined ? {} : { user_id: owner }),
    ...(type === undefined
      ? {}
      : { sharing_permission: { ...before.emailer_campaign.sharing_permission, visibility: VISIBILITY[type] } }),
    ...visible,
  };
  return {
    before,
    expected: view(whole, expected),
    found: view(found),
    unconfirmed: [
      ...(tags.unproved === undefined
        ? []
        : [{ at: change.tags ? ['tags'] : ['custom_fields', 'label_names'], detail: tags.unproved }]),
      ...unconfirmed(hidden, 'custom_fields'),
    ],
  };
}

/** Who may do what follows from who may see it, and who owns it from the owner. */
function withoutConsequences(sharing: unknown, { type, owner_id: owner }: PlannedSequenceChange) {
  if (typeof sharing !== 'object' || sharing === null) return {};
  const follows = [
    ...(type === undefined ? [] : ['access_type']),
    ...(owner === undefined ? [] : ['is_owner', 'owner_id']),
  ];
  return Object.fromEntries(Object.entries(sharing).filter(([key]) => !follows.includes(key)));
}
