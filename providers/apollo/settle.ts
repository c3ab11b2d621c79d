/**
 * Finding what a call has made whose answer never came. Apollo has no idempotency keys: a new step is one that was not there
 * before and holds what was sent, a new sequence is known by its name, its time and its steps.
 */
import { z } from 'zod';
import { endlessList, ifAllowed, type IfUnknown, type Read } from '#provider';
import type { Place } from './calls.ts';
import { searchedAnswer, wholeAnswer, type Whole } from './read.ts';
import { inOneForm } from './snapshot.ts';

/** Apollo's clock may be behind ours, or ahead. */
const SKEW_MS = 60_000;

const PER_PAGE = 100;
/** Apollo shows 50,000 records of a search at most. */
const MAX_PAGES = 500;

type Native = Readonly<Record<string, unknown>>;
type Step = Whole['emailer_steps'][number];
type In = Pick<Place, 'sequenceId' | 'before'>;

export function madeIn(place: In): IfUnknown<{ emailer_step: { id: string } }> {
  return async (read, { body = {} }) => {
    const { ours, others } = newSteps(await wholeOf(place.sequenceId, read), place, body);
    return { ours: ours.map(({ id }) => ({ emailer_step: { id } })), alike: others.map(({ id }) => id) };
  };
}

interface Message {
  emailer_step: { id: string };
  emailer_touch: { id: string };
  emailer_template: { id: string };
}

/** With the touch and the template that Apollo makes with it; a step that shows none cannot be gone on with. */
export function messageIn(place: In): IfUnknown<Message> {
  return async (read, { body = {} }) => {
    const whole = await wholeOf(place.sequenceId, read);
    const { ours, others } = newSteps(whole, place, body);
    const messages = ours.flatMap(({ id }): Message[] => {
      const touch = whole.emailer_touches?.find((each) => each.emailer_step_id === id);
      const template = touch?.emailer_template_id;
      return touch && template
        ? [{ emailer_step: { id }, emailer_touch: { id: touch.id }, emailer_template: { id: template } }]
        : [];
    });
    const bare = ours.filter(({ id }) => !messages.some((message) => message.emailer_step.id === id));
    return { ours: messages, alike: [...others, ...bare].map(({ id }) => id) };
  };
}

/** Its position is left out: a step that is put in before it pushes it on. */
function newSteps({ emailer_steps: steps }: Whole, { before }: In, sent: Native) {
  const { emailer_campaign_id: _sequence, position: _position, ...own } = sent;
  const made = steps.filter(({ id }) => !before.includes(id));
  const ours = made.filter((step) => isAsSent(step, own));
  return { ours, others: made.filter((step) => !ours.includes(step)) };
}

interface MadeSequence {
  emailer_campaign: { id: string };
  emailer_steps: { id: string; position: number }[];
}

const dated = z.object({ created_at: z.iso.datetime({ offset: true }) });
const sentBody = z.looseObject({
  name: z.unknown(),
  emailer_steps: z.array(z.record(z.string(), z.unknown())).default([]),
});

/** One that was renamed since is not seen: a search has neither the time of a change nor a filter for that of the making. */
export const sequenceMade: IfUnknown<MadeSequence> = async (read, { body, sent_at, until }) => {
  const sent = sentBody.parse(body);
  const ours: MadeSequence[] = [];
  const alike: string[] = [];
  for (const campaign of await allNamed(String(sent.name), read)) {
    const at = Date.parse(dated.safeParse(campaign).data?.created_at ?? '');
    if (campaign.name !== sent.name || !(at >= sent_at - SKEW_MS)) continue;
    const steps = await stepsOf(campaign.id, read);
    if (isSequence(campaign, steps, sent)) ours.push(madeSequence(campaign.id, steps));
    else if (at <= until + SKEW_MS) alike.push(campaign.id);
  }
  return { ours, alike };
};

function madeSequence(id: string, steps: readonly Step[] = []): MadeSequence {
  return { emailer_campaign: { id }, emailer_steps: steps.map((step) => ({ id: step.id, position: step.position })) };
}

/** Its labels are left out: they are sent by name and shown by id. Where the steps cannot be read their number counts. */
function isSequence(campaign: Native, steps: readonly Step[] | undefined, sent: z.infer<typeof sentBody>): boolean {
  const { emailer_steps: wanted, label_names: _labels, ...own } = sent;
  if (!isAsSent(campaign, own)) return false;
  if (!steps) return (campaign['num_steps'] ?? wanted.length) === wanted.length;
  return (
    steps.length === wanted.length &&
    wanted.every(({ emailer_touches: _messages, ...step }, index) => isAsSent(steps[index] ?? {}, step))
  );
}

function isAsSent(found: Native, sent: Native): boolean {
  const shown = inOneForm(found);
  return Object.entries(inOneForm(sent)).every(([key, value]) => isSame(shown[key], value));
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

/** Apollo finds a name in other names too: there may be many, in an order that it does not tell. */
async function allNamed(name: string, read: Read) {
  const all: z.infer<typeof searchedAnswer>['emailer_campaigns'] = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const { emailer_campaigns: campaigns, pagination } = await read.search(['emailer_campaigns', 'search'], {
      query: { page, per_page: PER_PAGE, q_name: name },
      body: {},
      response: searchedAnswer,
    });
    all.push(...campaigns);
    if (page >= pagination.total_pages) return all;
  }
  return endlessList('A search in Apollo');
}

/** With an OAuth token the steps cannot be read. */
async function stepsOf(id: string, read: Read): Promise<readonly Step[] | undefined> {
  const whole = await ifAllowed(wholeOf(id, read));
  return whole?.emailer_steps.toSorted((one, other) => one.position - other.position);
}

function wholeOf(id: string, read: Read): Promise<Whole> {
  return read.get(['emailer_campaigns', id], { response: wholeAnswer });
}
