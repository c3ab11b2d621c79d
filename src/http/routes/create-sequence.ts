/** Creating a sequence with its steps. */
import { z } from '@hono/zod-openapi';
import { recommendedSteps } from '../../catalogue/catalogue.ts';
import { createSequence, previewSequence } from '../../core/create-sequence.ts';
import { wordFor } from '../../model/cell.ts';
import type { CreateSequence } from '../../model/create-sequence.ts';
import type { NamedProvider } from '../../model/declaration.ts';
import { ProblemError } from '../../model/problem.ts';
import { sequenceRecordSchema, type SequenceRecord } from '../../model/sequence.ts';
import { warning, warningSchema, type Warning } from '../../model/warning.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { bodyReader, readJson, readQuery, unknownFieldWarnings } from '../input.ts';
import { readHandling, refuseIdempotencyKey } from '../prefer.ts';
import { dryRunQuery, preview, tenantHeaders } from '../schemas.ts';
import { reach, readTenant, requireOperation } from '../tenant.ts';
import { turnOf } from '../turn.ts';
import { answerWithWarnings } from '../warnings.ts';
import { errorResponses, type Route } from './route.ts';

const body = z.object({ record: sequenceRecordSchema }).openapi('CreateSequence');
const readBody = bodyReader(body);

const created = z
  .object({
    record: z.object({
      id: z.string(),
      steps: z
        .array(z.object({ id: z.string() }))
        .optional()
        .openapi({ description: 'In the order of the request; absent where not known.' }),
    }),
    warnings: z.array(warningSchema),
  })
  .openapi('CreatedSequence');

export function createSequenceRoute(gateway: Gateway): Route {
  return {
    unified: true,
    config: {
      ...{
        method: 'post',
        path: '/sequences',
        operationId: 'createSequence',
        tags: ['Sequences'],
        summary: 'Create a sequence with its steps',
      },
      description: 'Creates the sequence in as few provider calls as possible. It is always created off.',
      security: [{ apiKey: [] }, { bearer: [] }],
      request: {
        headers: tenantHeaders(gateway.registry).extend({ prefer: z.string().optional() }),
        query: dryRunQuery,
        body: { required: true, content: { 'application/json': { schema: body } } },
      },
      responses: {
        200: {
          description: 'With `dry_run=true`: what would be sent.',
          content: { 'application/json': { schema: preview } },
        },
        201: { description: 'Created.', content: { 'application/json': { schema: created } } },
        ...errorResponses(400, 401, 402, 404, 409, 413, 415, 422, 424, 429, 500, 501, 502, 503, 504),
      },
    },
    handler: (c) => create(c, gateway),
  };
}

async function create(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { dry_run: dryRun } = readQuery(c, dryRunQuery);
  const tenant = readTenant(c, gateway);
  const { provider } = tenant;
  const operation = requireOperation(provider, 'create_sequence');
  const { value, unknown } = readBody(await readJson(c));
  const { record, warnings: substituted } = withRecommended(provider, operation, value.record);
  const upstream = await reach(c, gateway, tenant, operation.credentials);
  const warnings = [...unknownFieldWarnings(unknown, provider.name), ...substituted];
  const request = { provider, operation, record, handling: readHandling(c), warnings };
  const { told, refused } = value.record.from_recommended === undefined ? AS_SENT : AS_RECOMMENDED;
  if (dryRun === 'true') {
    const shown = await previewSequence(request, upstream).catch(refused);
    return answerWithWarnings(c, gateway, { requests: shown.requests }, told(shown.warnings), 200);
  }
  refuseIdempotencyKey(c);
  const create = () => createSequence(request, upstream, gateway.clock);
  const made = await gateway.turns.take(turnOf(tenant), create).catch(refused);
  const steps = made.step_ids?.map((id) => ({ id }));
  const body = { record: { id: made.id, ...(steps ? { steps } : {}) } };
  return answerWithWarnings(c, gateway, body, told(made.warnings), 201);
}

/** How what is said of the steps is pointed into the request. */
interface Telling {
  readonly told: (warnings: readonly Warning[]) => readonly Warning[];
  readonly refused: (error: unknown) => never;
}

const AS_SENT: Telling = {
  told: (warnings) => warnings,
  refused: (error) => {
    throw error;
  },
};

const RECOMMENDED = '/record/from_recommended';

/** The request has no steps: what is said of one points at where it came from, and its number is in the text. */
const AS_RECOMMENDED: Telling = {
  told: (warnings) =>
    warnings.map((each) => ({
      ...each,
      ...moved(each.source.pointer, each.detail, (pointer) => ({ source: { pointer } })),
    })),
  refused: (error) => {
    if (!(error instanceof ProblemError)) throw error;
    const problems = error.problems.map((each) => ({
      ...each,
      ...moved(each.pointer ?? '', each.detail, (pointer) => ({ pointer })),
    }));
    throw new ProblemError(problems, { cause: error });
  },
};

function moved(pointer: string, detail: string, at: (pointer: string) => object): object {
  const match = /^\/record\/steps(?:\/(\d+))?/.exec(pointer);
  if (!match) return {};
  const [, index] = match;
  return { ...at(RECOMMENDED), detail: index === undefined ? detail : `Step ${Number(index) + 1}: ${detail}` };
}

/** Puts the steps of the recommended sequence in; a kind that the provider cannot create becomes a task, which is told. */
function withRecommended(
  provider: NamedProvider,
  { steps: facts }: CreateSequence,
  record: SequenceRecord,
): { readonly record: SequenceRecord; readonly warnings: readonly Warning[] } {
  const { from_recommended: id, ...rest } = record;
  if (id === undefined) return { record, warnings: [] };
  const steps = recommendedSteps(id);
  if (!steps) {
    const detail = 'There is no recommended sequence of that id. GET /sequences/get_sequences lists them.';
    throw new ProblemError({ code: 'INVALID_VALUE', detail, pointer: RECOMMENDED });
  }
  const pointer = RECOMMENDED;
  const missing = new Set(steps.filter(({ type }) => wordFor(facts.types[type]) === undefined).map(({ type }) => type));
  const warnings = [...missing].map((type) => {
    const detail = `${provider.title} cannot create ${type}; a task with a note stands in.`;
    return warning(provider.name, { type: 'TYPE_SUBSTITUTED', pointer, detail, from: type, to: 'task' });
  });
  return {
    record: {
      ...rest,
      steps: steps.map((step) => (missing.has(step.type) ? { ...step, type: 'task' as const } : step)),
    },
    warnings,
  };
}
