/** Reading: what the provider says, as unified objects. */
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError } from '../model/problem.ts';
import type {
  Filter,
  GetSequence,
  ListQuery,
  ListSequences,
  Page,
  SequenceReading,
  SequenceView,
  StepView,
} from '../model/reading.ts';
import { FILTERS } from '../model/reading.ts';
import { warning, type Warning } from '../model/warning.ts';
import type { Upstream } from './ports.ts';
import { viewSequence, type Viewed } from './view.ts';

export interface Listed {
  readonly page: Page<SequenceReading>;
  readonly records: readonly SequenceView[];
  readonly warnings: readonly Warning[];
}

/** One page. A filter that the provider lacks, or lacks for this value, is told and not applied. */
export async function listSequences(
  provider: NamedProvider,
  operation: ListSequences,
  query: ListQuery,
  upstream: Upstream,
): Promise<Listed> {
  const missing = new Map(
    FILTERS.flatMap((filter) => {
      const because = whyNot(operation.filters[filter], query[filter]);
      return because === undefined ? [] : [[filter, because]];
    }),
  );
  const { ids, name, modified_after, ...rest } = query;
  const wanted: Partial<Record<Filter, unknown>> = { ids, name, modified_after };
  const applied = Object.fromEntries(
    FILTERS.filter((filter) => wanted[filter] !== undefined && !missing.has(filter)).map((filter) => [
      filter,
      wanted[filter],
    ]),
  );
  const page = await operation.list({ ...rest, ...applied }, upstream.read);
  const viewed = page.records.map((record, index) =>
    viewSequence(provider, {}, record, { raw: query.raw, pointer: `/records/${index}` }),
  );
  return {
    page,
    records: viewed.map(({ view }) => view),
    warnings: [
      ...[...missing].map(([filter, because]) => filterWarning(provider, filter, because)),
      ...viewed.flatMap(({ warnings }) => warnings),
    ],
  };
}

/** One sequence with its steps. @throws {ProblemError} 404 where the provider has none. */
export async function getSequence(
  provider: NamedProvider,
  operation: GetSequence,
  id: string,
  raw: boolean,
  upstream: Upstream,
): Promise<Viewed<SequenceView & { readonly steps: readonly StepView[] }>> {
  const reading = await operation.get(id, { raw }, upstream.read);
  if (!reading) throw notFound(provider, `sequence ${id}`);
  const { view, warnings } = viewSequence(provider, operation.types, reading, { raw, pointer: '' });
  return { view: { ...view, steps: view.steps ?? [] }, warnings };
}

/**
 * One step of a sequence.
 * @throws {ProblemError} 404 where the sequence has no such step, 502 where it may be one whose id is not certain.
 */
export async function getStep(
  provider: NamedProvider,
  operation: GetSequence,
  { sequence, step }: { readonly sequence: string; readonly step: string },
  raw: boolean,
  upstream: Upstream,
): Promise<Viewed<StepView>> {
  const { view, warnings } = await getSequence(provider, operation, sequence, raw, upstream);
  const index = view.steps.findIndex(({ id }) => id === step);
  const found = view.steps[index];
  const doubt = warnings.find(({ problem_type: type }) => type === 'STEP_IDS_UNKNOWN');
  // What the provider lists nowhere is not there, whatever the other ids are.
  const isDoubted = doubt && (!Array.isArray(doubt.from) || doubt.from.includes(step));
  if (!found && isDoubted) throw notCertain(provider, `step ${step} in sequence ${sequence}`, doubt);
  if (!found) throw notFound(provider, `step ${step} in sequence ${sequence}`);
  const pointer = `/steps/${index}`;
  const own = warnings.filter(({ source }) => source.pointer.startsWith(`${pointer}/`));
  return {
    view: found,
    warnings: own.map((each) => ({ ...each, source: { pointer: each.source.pointer.slice(pointer.length) } })),
  };
}

/** Undefined where the list is filtered by it, or nobody asked for that. */
function whyNot(cell: ListSequences['filters'][Filter], value: ListQuery[Filter]): string | undefined {
  if (value === undefined) return undefined;
  if (cell.support === 'none') return cell.because;
  const { holds = [], because } = cell.unless ?? {};
  return holds.some((sign) => [value].flat().some((text) => text.includes(sign))) ? because : undefined;
}

function filterWarning(provider: NamedProvider, filter: Filter, because: string): Warning {
  const detail = `${because} The list is not filtered by ${filter}.`;
  return warning(provider.name, { type: 'FILTER_NOT_APPLIED', pointer: '', parameter: filter, detail });
}

function notFound(provider: NamedProvider, what: string): ProblemError {
  const detail = `${provider.title} has no ${what}.`;
  return new ProblemError({
    code: 'PROVIDER_RECORD_NOT_FOUND',
    detail,
    origin: 'remote-provider',
    provider: provider.name,
  });
}

/** It may be there: to say that it is not would be a guess. */
function notCertain(provider: NamedProvider, what: string, { detail }: Warning): ProblemError {
  return new ProblemError({
    code: 'STEP_ID_AMBIGUOUS',
    detail: `It is not certain which one is ${what}. ${detail} Read all of them with GET /sequences/{sequence_id}.`,
    origin: 'remote-provider',
    provider: provider.name,
  });
}
