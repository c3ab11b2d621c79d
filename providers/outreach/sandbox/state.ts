import type { Seed } from '#sandbox';
import type { LinkDraft, StepDraft, TemplateDraft } from './schemas.ts';

/** What the sandbox holds: each native object as it was sent, and what the provider makes of its own beside it. */
interface Row<Attributes, Relationships> {
  readonly id: number;
  readonly attributes: Attributes & { readonly createdAt: string; readonly updatedAt: string };
  readonly relationships: Relationships;
}

export interface Sequence {
  readonly id: number;
  readonly name: string;
  readonly sequenceType: 'interval' | 'date';
  readonly createdAt: string;
  readonly seed?: Seed;
}

export type Step = Row<StepDraft['attributes'] & { readonly order: number }, StepDraft['relationships']>;
export type Template = Row<TemplateDraft['attributes'], NonNullable<TemplateDraft['relationships']>>;
export type Link = Row<LinkAttributes, LinkDraft['relationships']>;

interface LinkAttributes {
  readonly isReply: boolean;
  readonly enabled: boolean;
  readonly enabledAt: string | null;
}

export interface State {
  readonly sequences: Map<number, Sequence>;
  readonly steps: Map<number, Step>;
  readonly templates: Map<number, Template>;
  readonly links: Map<number, Link>;
  readonly lastId: { step: number; template: number; link: number };
}

export const SEEDED_TEMPLATE_IDS: readonly string[] = ['77', '76'];

export function seededState(): State {
  return {
    sequences: byId(SEQUENCES),
    steps: byId(STEPS),
    templates: byId(TEMPLATES),
    links: byId(LINKS),
    // Apart, so that an id taken for another resource's is not found instead of found by chance.
    lastId: { step: 100, template: 200, link: 300 },
  };
}

/** The steps of a sequence in the order in which they run; at one and the same `order`, the older first. */
export const stepsOf = (state: State, sequenceId: number): readonly Step[] =>
  [...state.steps.values()]
    .filter((step) => step.relationships.sequence.data.id === sequenceId)
    .toSorted((a, b) => a.attributes.order - b.attributes.order || a.id - b.id);

export const linksOf = (state: State, stepId: number): readonly Link[] =>
  [...state.links.values()].filter((link) => link.relationships.sequenceStep.data.id === stepId);

const at = (minute: number): string => new Date(Date.UTC(2025, 0, 13, 12, minute)).toISOString();
const seeded = (minute: number) => ({ createdAt: at(minute), updatedAt: at(minute) });

const SEQUENCES: readonly Sequence[] = [
  { id: 18, name: 'Empty sequence', sequenceType: 'interval', createdAt: at(0), seed: 'empty' },
  { id: 19, name: 'Sequence with a call', sequenceType: 'interval', createdAt: at(1), seed: 'with_steps' },
  { id: 20, name: 'Sequence with an email', sequenceType: 'interval', createdAt: at(2), seed: 'with_email' },
  { id: 21, name: 'Date-based sequence', sequenceType: 'date', createdAt: at(3), seed: 'date_based' },
  { id: 22, name: 'Inbound leads', sequenceType: 'interval', createdAt: at(4) },
  { id: 23, name: 'Renewals', sequenceType: 'interval', createdAt: at(5) },
  { id: 24, name: 'Webinar follow-up', sequenceType: 'interval', createdAt: at(6) },
];

const STEPS: readonly Step[] = [
  {
    id: 51,
    attributes: { stepType: 'call', interval: 86_400, order: 1, taskNote: 'Introduce yourself', ...seeded(1) },
    relationships: { sequence: { data: { type: 'sequence', id: 19 } } },
  },
  {
    id: 52,
    attributes: { stepType: 'auto_email', interval: 0, order: 1, ...seeded(2) },
    relationships: { sequence: { data: { type: 'sequence', id: 20 } } },
  },
];

const TEMPLATES: readonly Template[] = [
  {
    id: 76,
    attributes: { name: 'First email', subject: 'Hello', bodyHtml: '<p>Hello {{first_name}}</p>', ...seeded(2) },
    relationships: {},
  },
  {
    id: 77,
    attributes: {
      name: 'Existing template',
      subject: 'Existing subject',
      bodyHtml: '<p>Existing body</p>',
      ...seeded(3),
    },
    relationships: {},
  },
];

const LINKS: readonly Link[] = [
  {
    id: 61,
    attributes: { isReply: false, enabled: true, enabledAt: at(2), ...seeded(2) },
    relationships: {
      sequenceStep: { data: { type: 'sequenceStep', id: 52 } },
      template: { data: { type: 'template', id: 76 } },
    },
  },
];

const byId = <T extends { readonly id: number }>(rows: readonly T[]): Map<number, T> =>
  new Map(rows.map((row) => [row.id, row]));
