/**
 * Finding what an import has made whose answer never came. Salesloft has no idempotency keys: a cadence that was empty has
 * the steps of the import or none, a new one is known by its name, its time and its steps.
 */
import { z } from 'zod';
import { endlessList, type IfUnknown, type Read } from '#provider';
import { exportedKey, listedKey } from './pair.ts';
import { cadencesAnswer, readSteps } from './read.ts';

/** Salesloft's clock may be behind ours, or ahead. */
const SKEW_MS = 60_000;

const PER_PAGE = 100;
/** More than can be made while one import is under way. */
const MAX_PAGES = 50;

const dated = z.looseObject({ id: z.int().positive(), created_at: z.iso.datetime({ offset: true }) });
type Dated = z.infer<typeof dated>;
const datedAnswer = cadencesAnswer.extend({ data: z.array(dated) });

interface Imported {
  data: { cadence: { id: number } };
}

const step = z.object({ type: z.string(), name: z.string().nullish() });
const sentBody = z.object({
  settings: z.object({ name: z.unknown(), tags: z.string().optional() }).optional(),
  sharing_settings: z.object({ shared: z.boolean(), team_cadence: z.boolean() }).optional(),
  cadence_content: z.object({ step_groups: z.array(z.object({ day: z.int(), steps: z.array(step) })) }),
});
type Sent = z.infer<typeof sentBody>;

/** Other steps than ours are there, or beside ours: somebody has to look. */
export function importedInto(cadenceId: number): IfUnknown<Imported> {
  return async (read, { body }) => {
    const there = await stepsOf(cadenceId, read);
    if (there.length === 0) return [];
    const isOurs = isSame(there, stepsIn(sentBody.parse(body)));
    return isOurs ? [imported(cadenceId)] : { ours: [], alike: [cadenceId] };
  };
}

export const cadenceMade: IfUnknown<Imported> = async (read, { body, sent_at, until }) => {
  const sent = sentBody.parse(body);
  const ours: Imported[] = [];
  const alike: number[] = [];
  for (const cadence of await madeSince(sent_at - SKEW_MS, read)) {
    const isNamed = cadence['name'] === sent.settings?.name;
    const hasSteps = isSame(await stepsOf(cadence.id, read), stepsIn(sent));
    if (isNamed && hasSteps && isSharedAs(cadence, sent)) ours.push(imported(cadence.id));
    else if ((isNamed || hasSteps) && madeAt(cadence) <= until + SKEW_MS) alike.push(cadence.id);
  }
  return { ours, alike };
};

function imported(id: number): Imported {
  return { data: { cadence: { id } } };
}

/** The newest first, so that the list ends where they are older. A name is compared and not filtered by: it can be another since. */
async function madeSince(since: number, read: Read): Promise<readonly Dated[]> {
  const all: Dated[] = [];
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const query = { page, per_page: PER_PAGE, sort_by: 'created_at', sort_direction: 'DESC' };
    const { data, metadata } = await read.get(['cadences'], { query, response: datedAnswer });
    const fresh = data.filter((cadence) => madeAt(cadence) >= since);
    all.push(...fresh);
    if (fresh.length < data.length || !metadata.paging.next_page) return all;
  }
  return endlessList('A list of new Salesloft cadences');
}

function madeAt({ created_at: at }: Dated): number {
  return Date.parse(at);
}

async function stepsOf(cadenceId: number, read: Read): Promise<readonly string[]> {
  return (await readSteps(String(cadenceId), read)).map(listedKey);
}

function stepsIn({ cadence_content: { step_groups: groups } }: Sent): readonly string[] {
  return groups.flatMap((group) => group.steps.map((each) => exportedKey({ group, step: each })));
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.toSorted().join('\n') === other.toSorted().join('\n');
}

/** Whether it is shared, and its tags: written as one string, read as a list. */
function isSharedAs({ shared, team_cadence: team, tags }: Dated, { settings, sharing_settings: sent }: Sent): boolean {
  const wanted = (settings?.tags ?? '').split(',').flatMap((tag) => tag.trim() || []);
  const held = Array.isArray(tags) ? tags.map(String) : [];
  return shared === sent?.shared && team === sent?.team_cadence && isSame(held, wanted);
}
