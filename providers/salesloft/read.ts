/** Reading Salesloft's cadences: the cadence, the ids of its steps, and their content from the export. */
import { z } from 'zod';
import { endlessList, unmodelled, type Read, type SequenceReading, type StepReading } from '#provider';
import { pairUp, type Pair } from './pair.ts';
import { inOrder } from './responses.ts';

const id = z.int().positive();
const DAY = 86_400;
const PER_PAGE = 100;
/** More pages than any cadence has steps for. */
const MAX_PAGES = 50;

const cadence = z.looseObject({ id, name: z.string().nullish(), current_state: z.string().nullish() });
export type Cadence = z.infer<typeof cadence>;
const cadenceAnswer = z.object({ data: cadence });
const counts = z.record(z.string(), z.unknown());
const identified = z.object({ id });

const paging = z.object({ next_page: z.int().nullish(), prev_page: z.int().nullish(), total_count: z.int().nullish() });
export const cadencesAnswer = z.object({ data: z.array(cadence), metadata: z.object({ paging }) });

const step = z.looseObject({
  id,
  type: z.string(),
  day: z.int(),
  // Seen as a number and as a string.
  step_number: z.union([z.int(), z.string()]).nullish(),
  name: z.string().nullish(),
  disabled: z.boolean().nullish(),
});
type Listed = z.infer<typeof step>;
const stepsPage = z.object({ data: z.array(step), metadata: z.object({ paging }) });

const imported = z.looseObject({
  name: z.string().nullish(),
  type: z.string(),
  type_settings: z.looseObject({}).nullish(),
});
const emailTemplate = z.looseObject({});
const group = z.looseObject({
  day: z.int(),
  automated: z.boolean().nullish(),
  automated_settings: z.looseObject({ send_type: z.string().nullish(), delay_time: z.number().nullish() }).nullish(),
  steps: z.array(imported),
});
const exportAnswer = z.object({ data: z.object({ cadence_content: z.looseObject({ step_groups: z.array(group) }) }) });

interface Content {
  readonly group: z.infer<typeof group>;
  readonly step: z.infer<typeof imported>;
}

export async function readCadence(cadenceId: string, read: Read): Promise<SequenceReading> {
  const { data } = await read.get(['cadences', cadenceId], { response: cadenceAnswer });
  const listed = await readSteps(cadenceId, read);
  const exported = await read.get(['cadence_exports', cadenceId], { response: exportAnswer });
  const contents = exported.data.cadence_content.step_groups
    .flatMap((each): Content[] => each.steps.map((inner) => ({ group: each, step: inner })))
    .toSorted((a, b) => a.group.day - b.group.day);
  const pairs = pairUp(contents, listed);
  const placed = new Set(pairs.map((pair) => pair.listed));
  return {
    ...toSequence(data),
    num_steps: Math.max(listed.length, contents.length),
    steps: toSteps(pairs),
    unplaced_step_ids: listed.filter((each) => !placed.has(each)).map((each) => each.id),
  };
}

export async function readSteps(cadenceId: string, read: Read): Promise<readonly Listed[]> {
  const all: Listed[] = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const query = { cadence_id: cadenceId, per_page: PER_PAGE, page };
    const { data, metadata } = await read.get(['steps'], { query, response: stepsPage });
    all.push(...data);
    if (!metadata.paging.next_page) return inOrder(all);
  }
  return endlessList('A list of Salesloft steps');
}

function toSteps(pairs: readonly Pair<Content, Listed>[]): readonly StepReading[] {
  let previous = 0;
  return pairs.map(({ content: { group: own, step: inner }, listed }, index) => {
    const start = (own.day - 1) * DAY + (own.automated_settings?.delay_time ?? 0) * 60;
    const since = start - previous;
    previous = Math.max(previous, start);
    return {
      id: listed?.id,
      order: index + 1,
      ...toStep(own, inner, since, listed),
      raw: { step: listed, step_group: own },
    };
  });
}

function toStep(
  own: Content['group'],
  inner: Content['step'],
  since: number,
  native: Listed | undefined,
): Omit<StepReading, 'raw'> {
  const settings = inner.type_settings ?? {};
  const email = emailTemplate.safeParse(settings['email_template']).data;
  const isEmail = inner.type === 'Email';
  const { automated_settings: settled } = own;
  // A time of day, or a word that nobody knows.
  const timed = Boolean(settled?.send_type) && settled?.send_type !== 'after_time_delay';
  return {
    word: isEmail && own.automated ? 'Email (automated)' : inner.type,
    name: inner.name,
    interval_seconds: Math.max(0, since),
    // A step may start before the one that stands before it.
    ...(timed || since < 0 ? { native_interval: { day: own.day, ...said(settled ?? {}) } } : {}),
    is_reply: isEmail ? !isEmpty(settings['previous_email_step_group_reference_id']) : undefined,
    task_note: text(settings['instructions']),
    template: email
      ? { name: text(email['title']), subject: text(email['subject']), body: text(email['body']) }
      : undefined,
    unmodelled: [
      ...unmodelled(
        settings,
        ['email_template', 'instructions', 'previous_email_step_group_reference_id'],
        {},
        '/type_settings',
      ),
      ...unmodelled(inner, ['name', 'type', 'type_settings'], { enabled: true }),
      ...unmodelled(own, GROUP_KEYS, { due_immediately: false }),
      ...(settled && !timed ? unmodelled(settled, ['send_type', 'delay_time'], {}, '/automated_settings') : []),
      ...(email
        ? unmodelled(
            email,
            ['title', 'subject', 'body'],
            { open_tracking: false, click_tracking: false },
            '/email_template',
          )
        : []),
      ...unmodelled(native ?? {}, NATIVE_KEYS, { multitouch_enabled: false }),
    ],
  };
}

/** Of a step in the list, which is joined to the export for its id. */
const NATIVE_KEYS = [
  ...['id', 'name', 'display_name', 'type', 'day', 'step_number', 'disabled', 'cadence', 'details'],
  ...['created_at', 'updated_at'],
];
const GROUP_KEYS = ['day', 'automated', 'automated_settings', 'reference_id', 'steps'];

export function toSequence(native: Cadence): SequenceReading {
  const { shared, team_cadence: team, current_state: state } = native;
  const isTeam = shared === true || team === true;
  return {
    id: native.id,
    name: native.name,
    owner_id: idOf(native['owner']),
    tags: Array.isArray(native['tags']) && native['tags'].length > 0 ? native['tags'].map(String) : undefined,
    is_enabled: native.current_state ? native.current_state === 'active' : undefined,
    is_archived: typeof native['archived'] === 'boolean' ? native['archived'] : undefined,
    share_type: isTeam ? 'team' : shared === false ? 'private' : undefined,
    metrics: counts.safeParse(native['counts']).data,
    created_at: text(native['created_at']),
    updated_at: text(native['updated_at']),
    unmodelled: unmodelled(
      native,
      [
        ...SEQUENCE_KEYS,
        // A cadence is shared and the team's, or neither; where the two differ the type alone does not say it.
        ...(shared === team ? ['team_cadence'] : []),
        ...(STATES.includes(state ?? '') ? ['current_state'] : []),
      ],
      SEQUENCE_DEFAULTS,
    ),
    raw: native,
  };
}

/** Those that `is_enabled` and `is_archived` tell. */
const STATES = ['active', 'draft', 'archived'];

const SEQUENCE_KEYS = [
  ...['id', 'name', 'owner', 'creator', 'tags', 'draft', 'archived', 'archived_at', 'archived_by', 'shared'],
  ...['counts', 'created_at', 'updated_at', 'latest_active_date'],
];
const SEQUENCE_DEFAULTS = {
  cadence_function: 'outbound',
  remove_bounces_enabled: true,
  remove_replies_enabled: true,
  opt_out_link_included: false,
  override_contact_restrictions: false,
};

function idOf(value: unknown): number | undefined {
  return identified.safeParse(value).data?.id;
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === '';
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function said(settings: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => !isEmpty(value)));
}
