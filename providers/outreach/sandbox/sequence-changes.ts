import { switched } from './enablement.ts';
import { unprocessable, validationError } from './refusals.ts';
import type { ErrorObject } from './refusals.ts';
import type { SequenceChange, SequenceDraft } from './schemas.ts';
import { linksOf, merged, stepsOf } from './state.ts';
import type { Sequence, State } from './state.ts';
import type { OutreachWorld } from './worlds.ts';

/** `lastUsedAt` of a new one is its creation: recorded, see the resource. */
export function addSequence(
  state: State,
  { attributes, relationships = {} }: SequenceDraft,
  world: OutreachWorld,
  now: string,
): Sequence {
  refuse(replyErrors(attributes, attributes));
  const sequence: Sequence = {
    id: (state.lastId.sequence += 1),
    attributes: {
      ...attributes,
      sequenceType: attributes.sequenceType ?? 'interval',
      shareType: attributes.shareType ?? world.share_default,
      enabled: false,
      enabledAt: null,
      lastUsedAt: now,
      throttlePausedAt: attributes.throttlePaused === true ? now : null,
      createdAt: now,
      updatedAt: now,
    },
    relationships,
  };
  state.sequences.set(sequence.id, sequence);
  return sequence;
}

export function changeSequence(state: State, sequence: Sequence, change: SequenceChange, now: string): void {
  const sent = change.attributes ?? {};
  const attributes = merged(sequence.attributes, sent);
  refuse([...typeErrors(state, sequence, sent), ...replyErrors(sent, attributes)]);
  state.sequences.set(sequence.id, {
    ...sequence,
    attributes: {
      ...attributes,
      throttlePausedAt: attributes.throttlePaused === true ? (attributes.throttlePausedAt ?? now) : null,
      updatedAt: now,
    },
    relationships: merged(sequence.relationships, change.relationships),
  });
}

export function switchSequence(
  state: State,
  sequence: Sequence,
  enabled: boolean,
  world: OutreachWorld,
  now: string,
): void {
  const attributes = switched(sequence.attributes, enabled, 'Sequence', world, now);
  state.sequences.set(sequence.id, { ...sequence, attributes });
}

/** The steps go with their sequence, having no DELETE of their own, and the links with the steps. Templates stay. */
export function removeSequence(state: State, sequence: Sequence): void {
  for (const step of stepsOf(state, sequence.id)) {
    for (const link of linksOf(state, step.id)) state.links.delete(link.id);
    state.steps.delete(step.id);
  }
  state.sequences.delete(sequence.id);
}

type Sent = NonNullable<SequenceChange['attributes']>;

/** What becomes of intervals or dates when the type changes is not documented: refused while there are steps. */
function typeErrors(state: State, { id, attributes }: Sequence, { sequenceType }: Sent): ErrorObject[] {
  if (sequenceType === undefined || sequenceType === attributes.sequenceType || stepsOf(state, id).length === 0)
    return [];
  const detail = "Sequence type can't be changed while the sequence has steps.";
  return [validationError(detail, '/data/attributes/sequenceType')];
}

/** A pause is documented for the action "pause" alone, `finishOnReply` as following from the primary action. */
function replyErrors(sent: Sent, result: Sent): ErrorObject[] {
  const { primaryReplyAction: primary = 'finish', secondaryReplyAction: secondary = 'finish' } = result;
  const misplaced = [
    ...(sent.primaryReplyPauseDuration !== undefined && primary !== 'pause' ? ['primary'] : []),
    ...(sent.secondaryReplyPauseDuration !== undefined && secondary !== 'pause' ? ['secondary'] : []),
  ].map((which) =>
    validationError(
      `The pause duration is only applicable if the ${which} reply action is "pause".`,
      `/data/attributes/${which}ReplyPauseDuration`,
    ),
  );
  const contradicts = sent.finishOnReply !== undefined && sent.finishOnReply !== (primary === 'finish');
  const detail = 'Finish on reply contradicts the primary reply action.';
  return [...misplaced, ...(contradicts ? [validationError(detail, '/data/attributes/finishOnReply')] : [])];
}

function refuse(errors: readonly ErrorObject[]): void {
  if (errors.length > 0) throw unprocessable(...errors);
}
