/**
 * Finding what a call has made whose answer never came. Apollo has no idempotency keys: a step is known by its position,
 * which only one can have, a new sequence by its name and its time.
 */
import { z } from 'zod';
import { endlessList, type IfUnknown, type Read } from '#provider';
import type { Place } from './calls.ts';
import type { Step } from './facts.ts';
import { searchedAnswer, wholeAnswer } from './read.ts';

/** Apollo's clock may be behind ours. */
const SKEW_MS = 60_000;

const PER_PAGE = 100;
/** Apollo shows 50,000 records of a search at most. */
const MAX_PAGES = 500;

type At = Pick<Place, 'sequenceId' | 'position'>;

export function stepAt({ sequenceId, position }: At, { word }: Step): IfUnknown<{ emailer_step: { id: string } }> {
  return async (read) => {
    const { emailer_steps: steps } = await read.get(['emailer_campaigns', sequenceId], { response: wholeAnswer });
    return steps
      .filter((step) => step.position === position && step.type === word)
      .map(({ id }) => ({ emailer_step: { id } }));
  };
}

interface Message {
  emailer_step: { id: string };
  emailer_touch: { id: string };
  emailer_template: { id: string };
}

/** With the touch and the template that Apollo makes with it. */
export function messageAt({ sequenceId, position }: At, { word }: Step): IfUnknown<Message> {
  return async (read) => {
    const whole = await read.get(['emailer_campaigns', sequenceId], { response: wholeAnswer });
    return whole.emailer_steps
      .filter((step) => step.position === position && step.type === word)
      .flatMap(({ id }) => {
        const touch = whole.emailer_touches?.find((each) => each.emailer_step_id === id);
        const template = touch?.emailer_template_id;
        return touch && template
          ? [{ emailer_step: { id }, emailer_touch: { id: touch.id }, emailer_template: { id: template } }]
          : [];
      });
  };
}

interface MadeSequence {
  emailer_campaign: { id: string };
  emailer_steps: { id: string; position: number }[];
}

const dated = z.object({ created_at: z.iso.datetime({ offset: true }) });

export function sequenceNamed(name: unknown): IfUnknown<MadeSequence> {
  return async (read, { sent_at }) => {
    const made = (await allNamed(String(name), read)).filter((campaign) => {
      const { data } = dated.safeParse(campaign);
      return campaign.name === name && data !== undefined && Date.parse(data.created_at) >= sent_at - SKEW_MS;
    });
    return Promise.all(made.map(({ id }) => withSteps(id, read)));
  };
}

/** Apollo finds a name in other names too: there may be many, in an order that it does not tell. */
async function allNamed(name: string, read: Read) {
  const all: z.infer<typeof searchedAnswer>['emailer_campaigns'] = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const { emailer_campaigns: campaigns, pagination } = await read.search(['emailer_campaigns', 'search'], {
      ...{ query: { page, per_page: PER_PAGE, q_name: name }, body: {}, response: searchedAnswer },
    });
    all.push(...campaigns);
    if (page >= pagination.total_pages) return all;
  }
  return endlessList('A search in Apollo');
}

/** With an OAuth token the steps cannot be read: their ids stay unknown then. */
async function withSteps(id: string, read: Read): Promise<MadeSequence> {
  const made = { emailer_campaign: { id } };
  return read.get(['emailer_campaigns', id], { response: wholeAnswer }).then(
    ({ emailer_steps: steps }) => ({
      ...made,
      emailer_steps: steps.map((step) => ({ id: step.id, position: step.position })),
    }),
    () => ({ ...made, emailer_steps: [] }),
  );
}
