import type { Link, Sequence, Step, Template } from './state.ts';

export const SEEDED_TEMPLATE_IDS: readonly string[] = ['77', '76'];

const at = (minute: number): string => new Date(Date.UTC(2025, 0, 13, 12, minute)).toISOString();
const seeded = (minute: number) => ({ createdAt: at(minute), updatedAt: at(minute) });

/** What a sequence is that was never switched on, throttled or used. */
const untouched = {
  sequenceType: 'interval',
  shareType: 'shared',
  enabled: false,
  enabledAt: null,
  lastUsedAt: null,
  throttlePausedAt: null,
} as const;

const ownedBy = (id: number) => ({ owner: { data: { type: 'user' as const, id } } });

export const SEQUENCES: readonly Sequence[] = [
  { id: 18, attributes: { ...untouched, name: 'Empty sequence', ...seeded(0) }, relationships: {}, seed: 'empty' },
  {
    id: 19,
    attributes: {
      ...untouched,
      name: 'Sequence with a call',
      description: 'One call, a day after the prospect enters',
      tags: ['Tier 1', 'Inbound Leads'],
      ...seeded(1),
    },
    relationships: ownedBy(2),
    seed: 'with_steps',
  },
  {
    id: 20,
    attributes: {
      ...untouched,
      name: 'Sequence with an email',
      shareType: 'private',
      salesMotion: 'outbound',
      throttleCapacity: 100,
      ...seeded(2),
    },
    relationships: ownedBy(2),
    seed: 'with_email',
  },
  {
    id: 21,
    attributes: { ...untouched, name: 'Date-based sequence', sequenceType: 'date', ...seeded(3) },
    relationships: {},
    seed: 'date_based',
  },
  { id: 22, attributes: { ...untouched, name: 'Inbound leads', ...seeded(4) }, relationships: {} },
  { id: 23, attributes: { ...untouched, name: 'Renewals', ...seeded(5) }, relationships: {} },
  { id: 24, attributes: { ...untouched, name: 'Webinar follow-up', ...seeded(6) }, relationships: {} },
];

export const STEPS: readonly Step[] = [
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

export const TEMPLATES: readonly Template[] = [
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

export const LINKS: readonly Link[] = [
  {
    id: 61,
    attributes: { isReply: false, enabled: true, enabledAt: at(2), ...seeded(2) },
    relationships: {
      sequenceStep: { data: { type: 'sequenceStep', id: 52 } },
      template: { data: { type: 'template', id: 76 } },
    },
  },
];
