import type { Seed } from '#sandbox';
import type { LinkDraft, SequenceDraft, StepDraft, TemplateDraft } from './schemas.ts';
import { LINKS, SEQUENCES, STEPS, TEMPLATES } from './seeds.ts';

/** What the sandbox holds: each native object as it was sent, and what the provider makes of its own beside it. */
interface Row<Attributes, Relationships> {
  readonly id: number;
  readonly attributes: Attributes & { readonly createdAt: string; readonly updatedAt: string };
  readonly relationships: Relationships;
}

type SequenceAttributes = SequenceDraft['attributes'] &
  Enablement & {
    readonly sequenceType: 'interval' | 'date';
    readonly shareType: 'private' | 'read_only' | 'shared';
    readonly lastUsedAt: string | null;
    readonly throttlePausedAt: string | null;
  };

export interface Sequence extends Row<SequenceAttributes, NonNullable<SequenceDraft['relationships']>> {
  readonly seed?: Seed;
}

export type Step = Row<StepDraft['attributes'] & { readonly order: number }, StepDraft['relationships']>;
export type Template = Row<
  TemplateDraft['attributes'] & { readonly archivedAt?: string | null },
  NonNullable<TemplateDraft['relationships']>
>;
export type Link = Row<Enablement & { readonly isReply: boolean }, LinkDraft['relationships']>;

/** What the actions change, and nothing else. */
export interface Enablement {
  readonly enabled: boolean;
  readonly enabledAt: string | null;
}

export interface State {
  readonly sequences: Map<number, Sequence>;
  readonly steps: Map<number, Step>;
  readonly templates: Map<number, Template>;
  readonly links: Map<number, Link>;
  readonly lastId: { sequence: number; step: number; template: number; link: number };
}

export function seededState(): State {
  return {
    sequences: byId(SEQUENCES),
    steps: byId(STEPS),
    templates: byId(TEMPLATES),
    links: byId(LINKS),
    // Apart, so that an id taken for another resource's is not found instead of found by chance.
    lastId: { step: 100, template: 200, link: 300, sequence: 400 },
  };
}

/** The steps of a sequence in the order in which they run; at one and the same `order`, the older first. */
export const stepsOf = (state: State, sequenceId: number): readonly Step[] =>
  [...state.steps.values()]
    .filter((step) => step.relationships.sequence.data.id === sequenceId)
    .toSorted((a, b) => a.attributes.order - b.attributes.order || a.id - b.id);

export const linksOf = (state: State, stepId: number): readonly Link[] =>
  [...state.links.values()].filter((link) => link.relationships.sequenceStep.data.id === stepId);

/** Only what a PATCH carries changes. Its keys are optional and, JSON having no `undefined`, never undefined. */
export const merged = <T extends object>(
  stored: T,
  sent: { readonly [K in keyof T]?: T[K] | undefined } | undefined,
): T => ({ ...stored, ...sent });

const byId = <T extends { readonly id: number }>(rows: readonly T[]): Map<number, T> =>
  new Map(rows.map((row) => [row.id, row]));
