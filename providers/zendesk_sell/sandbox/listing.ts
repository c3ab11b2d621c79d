import { invalidParams } from './refusals.ts';
import type { Refusal } from './refusals.ts';
import { collection, sequenceView } from './sequences.ts';
import type { Sequence } from './sequences.ts';
import type { ZendeskSellWorld } from './worlds.ts';

export const ORIGIN = 'https://api.getbase.com';

/** One page of the list with its links, or what is wrong with the parameters. */
export function listSequences(rows: readonly Sequence[], url: URL, world: ZendeskSellWorld): object | Refusal {
  const [first, ...others] = problemsOf(url.searchParams, world.unknown_params);
  if (first !== undefined) return invalidParams([first, ...others]);

  const ids = url.searchParams.get('ids')?.split(',').map(Number);
  const name = url.searchParams.get('name') ?? '';
  const matching = rows.filter(
    (row) => (!ids || ids.includes(row.id)) && fold(row.name, world).includes(fold(name, world)),
  );
  const page = Number(url.searchParams.get('page') ?? 1);
  const size = Number(url.searchParams.get('per_page') ?? DEFAULT_SIZE);
  const shown = matching.slice((page - 1) * size, page * size);
  const { items, meta } = collection(
    'sequence',
    shown.map((row) => sequenceView(row, world.step_items)),
  );
  const links = linksOf(url, { page, size, more: matching.length > page * size }, world);
  return { items, meta: { ...meta, links } };
}

const DEFAULT_SIZE = 25;
const MAX_SIZE = 100;

/**
 * What each parameter must look like. `ids` and `name` have the type number in the reference, beside the words "list"
 * and "substring". `sort_by` is described for the API in general but not for sequences.
 */
const PARAMETERS: ReadonlyMap<string, readonly [is: (value: string) => boolean, text: string]> = new Map([
  ['page', [isPositive, 'must be an integer of at least 1']],
  ['per_page', [(value) => isPositive(value) && Number(value) <= MAX_SIZE, `must be an integer from 1 to ${MAX_SIZE}`]],
  ['ids', [(value) => value.split(',').every(isPositive), 'must be a comma-separated list of ids']],
  ['name', [() => true, '']],
]);

function isPositive(value: string): boolean {
  return /^[1-9]\d{0,18}$/.test(value);
}

function problemsOf(query: URLSearchParams, unknown: ZendeskSellWorld['unknown_params']): string[] {
  return [...new Set(query.keys())].flatMap((key) => {
    const [is, text] = PARAMETERS.get(key) ?? [];
    if (!is) return unknown === 'refused' ? [`Parameter '${key}' is unknown.`] : [];
    const values = query.getAll(key);
    if (values.length > 1) return [`Parameter '${key}' is given more than once.`];
    return values.every(is) ? [] : [`Parameter '${key}' ${text}.`];
  });
}

function fold(text: string, { name_match }: ZendeskSellWorld): string {
  return name_match === 'case_insensitive' ? text.toLowerCase() : text;
}

interface Place {
  readonly page: number;
  readonly size: number;
  readonly more: boolean;
}

/**
 * `first_page` and `prev_page` from the second page on, `next_page` before the last, each with `page` and `per_page`: as
 * recorded for contacts by https://github.com/airbytehq/airbyte (source-zendesk-sell, unit_tests). No total is documented.
 */
function linksOf(url: URL, { page, size, more }: Place, world: ZendeskSellWorld): Readonly<Record<string, string>> {
  const base = `${world.link_scheme}${ORIGIN.slice('https'.length)}${url.pathname}`;
  const linkTo = (number: number): string => {
    const query = new URLSearchParams(url.searchParams);
    query.set('page', String(number));
    query.set('per_page', String(size));
    return `${base}?${query.toString()}`;
  };
  const self = base + url.search;
  if (world.next_page === 'absent') return { self };
  return {
    self,
    ...(page > 1 ? { first_page: linkTo(1), prev_page: linkTo(page - 1) } : {}),
    ...(more ? { next_page: linkTo(page + 1) } : {}),
  };
}
