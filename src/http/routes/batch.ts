/** Several steps in one request: in order, one result for each. */
import { z } from '@hono/zod-openapi';
import { createSteps, previewSteps, type CreateStepsRequest } from '../../core/create-steps.ts';
import type { Asked } from '../../core/negotiate.ts';
import { ProblemError, type Problem } from '../../model/problem.ts';
import { MAX_STEPS } from '../../model/sequence.ts';
import { stepRecordSchema, type StepRecord } from '../../model/step.ts';
import { warningSchema, type Warning } from '../../model/warning.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { bodyReader, readJson, readQuery, unknownFieldWarnings } from '../input.ts';
import { readHandling, refuseIdempotencyKey } from '../prefer.ts';
import { errorBody, overallStatus } from '../problem-response.ts';
import { dryRunQuery, preview, sequenceIdParam, tenantHeaders } from '../schemas.ts';
import { reach, readTenant, requireId, requireOperation } from '../tenant.ts';
import { turnOf } from '../turn.ts';
import { answerWithWarnings } from '../warnings.ts';
import { errorResponses, type Route } from './route.ts';

const documented = z
  .object({
    records: z.array(stepRecordSchema).min(1).max(MAX_STEPS),
    stop_on_error: z
      .boolean()
      .optional()
      .openapi({ description: 'Leave the rest after the first that fails; true when absent.' }),
  })
  .openapi('CreateSequenceSteps');

/** The records are read one by one, so that one that cannot be is a result and not the end of all. */
const readBody = bodyReader(
  z.object({ records: z.array(z.unknown()).min(1).max(MAX_STEPS), stop_on_error: z.boolean().optional() }),
);
const readRecord = bodyReader(z.object({ record: stepRecordSchema }));

const results = z
  .object({
    results: z.array(
      z.object({
        status: z.number().nullable(),
        record: z.object({ id: z.string().optional() }).optional(),
        warnings: z.array(warningSchema).optional(),
        errors: z.array(z.unknown()).optional(),
        skipped: z.boolean().optional(),
      }),
    ),
  })
  .openapi('BatchResults');

export function batchRoute(gateway: Gateway): Route {
  return {
    unified: true,
    config: {
      ...{ method: 'post', path: '/sequences/{sequence_id}/sequence_steps/_batch', operationId: 'createSequenceSteps' },
      ...{
        tags: ['Sequence steps'],
        summary: 'Create several steps in order',
        security: [{ apiKey: [] }, { bearer: [] }],
      },
      request: {
        params: z.object({ sequence_id: sequenceIdParam }),
        headers: tenantHeaders(gateway.registry).extend({ prefer: z.string().optional() }),
        query: dryRunQuery,
        body: { required: true, content: { 'application/json': { schema: documented } } },
      },
      responses: {
        200: {
          description: 'One result for each record.',
          content: { 'application/json': { schema: z.union([results, preview]) } },
        },
        ...errorResponses(400, 401, 404, 413, 415, 422, 424, 429, 500, 501, 502, 503, 504),
      },
    },
    handler: (c) => createBatch(c, gateway),
  };
}

type Result =
  | { readonly status: 201; readonly record: { readonly id?: string }; readonly warnings: readonly Warning[] }
  | { readonly status: number; readonly errors: readonly unknown[] }
  | { readonly status: null; readonly skipped: true };

const SKIPPED: Result = { status: null, skipped: true };

async function createBatch(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { dry_run: dryRun } = readQuery(c, dryRunQuery);
  const tenant = readTenant(c, gateway);
  const { provider } = tenant;
  const operation = requireOperation(provider, 'create_steps');
  const sequence_id = requireId(provider, c.req.param('sequence_id') ?? '');
  const { value } = readBody(await readJson(c));
  const upstream = await reach(c, gateway, tenant, operation.credentials);
  const items = value.records.map((record, index) => readItem(record, index, provider.name));
  const base = { provider, operation, sequence_id, handling: readHandling(c) };
  const requestFor = (chosen: readonly Item[]): CreateStepsRequest => ({
    ...base,
    asked: chosen.flatMap(({ asked }) => asked ?? []),
    warnings: chosen.flatMap(({ warnings }) => warnings),
  });
  const broken = items.flatMap(({ error }) => error?.problems ?? []);
  if (dryRun === 'true') {
    if (broken.length > 0) throw new ProblemError(broken);
    const shown = await previewSteps(requestFor(items), upstream);
    return answerWithWarnings(c, gateway, { requests: shown.requests }, shown.warnings, 200);
  }
  refuseIdempotencyKey(c);
  const create = (chosen: readonly Item[]) => createSteps(requestFor(chosen), upstream, gateway.clock);
  const work =
    operation.batch === 'one_call'
      ? () => atOnce(c, items, create)
      : () => inTurn(c, items, value.stop_on_error ?? true, create);
  const made = await gateway.turns.take(turnOf(tenant, sequence_id), work);
  return c.json({ results: made });
}

interface Item {
  readonly pointer: string;
  readonly asked?: Asked;
  readonly warnings: readonly Warning[];
  /** Why the record cannot be one. */
  readonly error?: ProblemError;
}

function readItem(raw: unknown, index: number, provider: string): Item {
  const pointer = `/records/${index}`;
  const moved = (at: string): string => at.replace(/^\/record(?=\/|$)/, pointer);
  try {
    const { value, unknown } = readRecord({ record: raw });
    const record: StepRecord = value.record;
    return { pointer, asked: { record, pointer }, warnings: unknownFieldWarnings(unknown.map(moved), provider) };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const problems = error.problems.map((problem): Problem =>
      problem.pointer === undefined ? problem : { ...problem, pointer: moved(problem.pointer) },
    );
    return { pointer, warnings: [], error: new ProblemError(problems) };
  }
}

type Create = (items: readonly Item[]) => ReturnType<typeof createSteps>;

/** One call after the other; what comes after a failure is left, unless the caller wants it tried. */
async function inTurn(
  c: RequestContext,
  items: readonly Item[],
  stopOnError: boolean,
  create: Create,
): Promise<readonly Result[]> {
  const made: Result[] = [];
  for (const item of items) {
    const failed = made.some((result) => result.status !== 201);
    made.push(failed && stopOnError ? SKIPPED : await attempt(c, item, create));
  }
  return made;
}

async function attempt(c: RequestContext, item: Item, create: Create): Promise<Result> {
  try {
    if (item.error) throw item.error;
    const { ids, warnings } = await create([item]);
    return { status: 201, record: ids[0] === undefined ? {} : { id: ids[0] }, warnings };
  } catch (error) {
    return failure(c, error);
  }
}

/** All in one call: either every step is made, or none, and then those that are at fault say why. */
async function atOnce(c: RequestContext, items: readonly Item[], create: Create): Promise<readonly Result[]> {
  const broken = items.map((item): Result => (item.error ? failure(c, item.error) : SKIPPED));
  if (items.some(({ error }) => error)) return broken;
  try {
    const { ids, warnings } = await create(items);
    return items.map(({ pointer }, index) => ({
      status: 201,
      record: ids[index] === undefined ? {} : { id: ids[index] },
      warnings: warnings.filter(
        ({ source }) =>
          source.pointer.startsWith(`${pointer}/`) || (index === 0 && !source.pointer.startsWith('/records/')),
      ),
    }));
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const of = (pointer: string): readonly Problem[] =>
      error.problems.filter((problem) => problem.pointer?.startsWith(`${pointer}/`));
    const loose = error.problems.filter((problem) => !problem.pointer?.startsWith('/records/'));
    return items.map(({ pointer }, index): Result => {
      const own = [...of(pointer), ...(index === 0 ? loose : [])];
      return own.length > 0 ? failure(c, new ProblemError(own)) : SKIPPED;
    });
  }
}

function failure(c: RequestContext, error: unknown): Result {
  if (!(error instanceof ProblemError)) throw error;
  return {
    status: overallStatus(error.problems),
    errors: error.problems.map((problem) => errorBody(problem, c.get('requestId'))),
  };
}
