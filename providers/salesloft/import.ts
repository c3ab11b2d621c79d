/** One step as a step group of an import: one step per group, because several emails in one could be taken for variants. */
import type { CustomFields, Read, Send } from '#provider';
import type { Step } from './facts.ts';
import type { Inlined, Templates } from './inline.ts';
import { importAnswer, inOrder, stepsAnswer } from './responses.ts';
import { cadenceMade, importedInto } from './settle.ts';

const DAY = 86_400;

/** The custom fields that belong to the group or to the settings of the type; the rest belongs to the step. */
const GROUP_KEYS = ['day', 'automated_settings', 'due_immediately'];
const TYPE_SETTINGS_KEYS = [
  'instructions',
  'previous_email_step_group_reference_id',
  'integration_id',
  'integration_step_type_guid',
];

interface Sequence {
  readonly name: string;
  readonly tags?: readonly string[];
  readonly type: 'team' | 'private';
  readonly owner_id?: string;
  readonly custom_fields: Readonly<Record<string, unknown>>;
}

interface Import {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly sharing_settings?: Readonly<Record<string, unknown>>;
  readonly cadence_content: { readonly cadence_id?: number };
  readonly custom?: Readonly<Record<string, unknown>>;
}

/** What a new cadence needs beside its steps. Keys that Salesloft requires are sent as its own editor leaves them. */
export function settingsOf({ name, tags, type, owner_id, custom_fields }: Sequence): Import {
  const shared = type === 'team';
  return {
    settings: {
      name,
      target_daily_people: 0,
      remove_replied: true,
      remove_bounced: true,
      cadence_function: 'outbound',
      // The key must be there; null is allowed.
      external_identifier: null,
      ...(owner_id === undefined ? {} : { cadence_owner: owner_id }),
      ...(tags ? { tags: tags.join(',') } : {}),
    },
    sharing_settings: { team_cadence: shared, shared },
    cadence_content: {},
    custom: custom_fields,
  };
}

/** One call for all steps; answers with the id of the cadence, which is all that Salesloft says. */
export async function importCadence(
  head: Import,
  steps: readonly Step[],
  templates: Templates,
  send: Send,
): Promise<number> {
  const threads = threadsOf(steps);
  const groups = steps.map((step, index) =>
    toStepGroup(step, index, templates[step.template?.id ?? ''], threads[index]),
  );
  const { custom = {}, cadence_content, ...rest } = head;
  const { data } = await send.post(['cadence_imports'], {
    body: { ...rest, cadence_content: { ...cadence_content, step_groups: groups.map(({ group }) => group) } },
    custom: [
      ...(head.settings ? [{ at: ['settings'], values: custom, from: '/custom_fields', step: -1 }] : []),
      ...groups.flatMap((each) => each.custom),
    ],
    response: importAnswer(cadence_content.cadence_id),
    sample: { data: { cadence: { id: 1 } } },
    if_unknown: cadence_content.cadence_id === undefined ? cadenceMade : importedInto(cadence_content.cadence_id),
    creates: {
      kind: cadence_content.cadence_id === undefined ? 'cadence' : 'steps_in_cadence',
      id: (answer) => answer.data.cadence.id,
    },
  });
  return data.cadence.id;
}

/** For each reply the reference of the nearest earlier email group. */
function threadsOf(steps: readonly Step[]): readonly (number | undefined)[] {
  let last: number | undefined;
  return steps.map(({ word, is_reply: reply }, index) => {
    const thread = reply ? last : undefined;
    if (word.type === 'Email') last = referenceOf(index);
    return thread;
  });
}

const PER_PAGE = 100;
const MAX_PAGES = 10;

/** Sorted by day, number and id, and matched with the groups that were sent; undefined where anything does not match. */
export async function findAll(
  steps: readonly Step[],
  cadenceId: string,
  read: Read,
): Promise<readonly number[] | undefined> {
  const found = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const query = { cadence_id: cadenceId, per_page: PER_PAGE, page };
    const { data } = await read.get(['steps'], { query, response: stepsAnswer });
    found.push(...data);
    if (data.length < PER_PAGE) break;
  }
  const sorted = inOrder(found);
  const fits =
    sorted.length === steps.length &&
    sorted.every((native, index) => steps[index] !== undefined && isOurs(native, steps[index], index));
  return fits ? sorted.map((step) => step.id) : undefined;
}

interface NativeStep {
  readonly type: string;
  readonly day: number;
  readonly name?: string | null | undefined;
}

/** By type, day and name, as they were sent: custom fields may have set the last two. */
export function isOurs(native: NativeStep, step: Step, index: number): boolean {
  const ours = { ...toStepGroup(step, index, undefined).group, name: step.name, ...step.custom_fields };
  return native.type === step.word.type.toLowerCase() && native.day === ours.day && native.name === ours.name;
}

/** Required in practice, and unique for each group. */
function referenceOf(index: number): number {
  return index + 1;
}

function toStepGroup(step: Step, index: number, inlined: Inlined | undefined, thread?: number) {
  const start = step.start_seconds ?? 0;
  const { type, automated } = step.word;
  const group = {
    day: Math.floor(start / DAY) + 1,
    automated,
    // Allowed only where the whole group is automated emails.
    ...(automated ? { automated_settings: { send_type: 'after_time_delay', delay_time: (start % DAY) / 60 } } : {}),
    due_immediately: false,
    reference_id: referenceOf(index),
    steps: [{ enabled: true, name: step.name, type, type_settings: typeSettings(step, inlined, thread) }],
  };
  return { group, custom: customFields(step, index) };
}

function typeSettings(step: Step, inlined: Inlined | undefined, thread: number | undefined) {
  const { template } = step;
  if (step.word.type === 'Email') {
    const content = inlined
      ? copied(inlined)
      : { title: template?.name, subject: template?.subject, body: template?.body };
    // A threaded email takes the subject of its thread: Salesloft refuses one of its own.
    const { subject, ...threaded } = content;
    if (thread === undefined) return { email_template: { ...content, subject } };
    return { previous_email_step_group_reference_id: thread, email_template: threaded };
  }
  const message = inlined?.body ?? template?.body;
  return { instructions: [step.task_note, message].filter((part) => part !== undefined).join('\n\n') };
}

/** What is read as `open_tracking_enabled` is written as `open_tracking`. */
function copied({ title, subject, body, open_tracking_enabled: open, click_tracking_enabled: click }: Inlined) {
  return {
    title: title ?? subject,
    subject,
    body,
    ...(typeof open === 'boolean' ? { open_tracking: open } : {}),
    ...(typeof click === 'boolean' ? { click_tracking: click } : {}),
  };
}

function customFields({ custom_fields, template }: Step, index: number): readonly CustomFields[] {
  const group = ['cadence_content', 'step_groups', index];
  const step = [...group, 'steps', 0];
  const from = '/custom_fields';
  const pick = (belongs: (key: string) => boolean) =>
    Object.fromEntries(Object.entries(custom_fields).filter(([key]) => belongs(key)));
  const elsewhere = [...GROUP_KEYS, ...TYPE_SETTINGS_KEYS];
  return [
    { at: group, values: pick((key) => GROUP_KEYS.includes(key)), from, step: index },
    { at: [...step, 'type_settings'], values: pick((key) => TYPE_SETTINGS_KEYS.includes(key)), from, step: index },
    { at: step, values: pick((key) => !elsewhere.includes(key)), from, step: index },
    {
      at: [...step, 'type_settings', 'email_template'],
      values: template?.custom_fields ?? {},
      from: '/template/custom_fields',
      step: index,
    },
  ];
}
