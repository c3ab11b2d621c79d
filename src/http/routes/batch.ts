/** Several steps in one request: in order, one result for each. */
import { z } from 'zod';
import type { BatchItem } from '../../core/create-batch.ts';
import { strictRefusals } from '../../core/policy.ts';
import { ProblemError, type Problem } from '../../model/problem.ts';
import { MAX_STEPS } from '../../model/sequence.ts';
import { stepRecordSchema, type StepRecord } from '../../model/step.ts';
import { warningSchema } from '../../model/warning.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { errorObject } from '../error-schemas.ts';
import { EXAMPLES } from '../examples.ts';
import { bodyReader, pathParam, unknownFieldWarnings } from '../input.ts';
import { readJson } from '../json.ts';
import { dryRunQuery, previewedRequests, sequenceParams, writeHeaders } from '../schemas.ts';
import { requireId } from '../tenant.ts';
import { answerWrite, beginWrite, readAsked } from '../write.ts';
import { jsonAnswer, jsonBody, providerWriteErrors } from './answers.ts';
import type { Route } from './route.ts';

const documented = z
  .lazy(() =>
    z.object({
      records: z.array(stepRecordSchema).min(1).max(MAX_STEPS),
      stop_on_error: z.boolean().optional().meta({
        description:
          'Leave the rest after the first that fails; true when absent. What comes after a step that can still be made (its outcome is not known, or the reason passes, such as a 429) is left in any case, so that the array decides the order.',
      }),
    }),
  )
  .meta({ id: 'CreateSequenceSteps' });

/** The records are read one by one, so that one that cannot be is a result and not the end of all. */
const readBody = bodyReader(
  z.object({ records: z.array(z.unknown()).min(1).max(MAX_STEPS), stop_on_error: z.boolean().optional() }),
);
const readRecord = bodyReader(z.object({ record: stepRecordSchema }));

const resultList = z.lazy(() =>
  z.array(
    z.object({
      status: z.number().nullable(),
      record: z.object({ id: z.string().optional() }).optional(),
      warnings: z.array(warningSchema).optional(),
      errors: z.array(errorObject).optional(),
      skipped: z.boolean().optional(),
      because: z.string().optional().meta({ description: 'Why it was left although the rest was to be tried.' }),
    }),
  ),
);

const results = z
  .lazy(() =>
    z.object({
      results: resultList,
      warnings: z.array(warningSchema).meta({ description: 'Of the request itself, beside its records.' }),
    }),
  )
  .meta({ id: 'BatchResults' });

const batchPreview = z
  .lazy(() =>
    z.object({
      requests: previewedRequests,
      results: resultList.meta({ description: 'One for each record; 201 where it would be sent.' }),
      warnings: z.array(warningSchema),
    }),
  )
  .meta({ id: 'BatchPreview', description: 'What the request would send, and what would be said of each record.' });

export function batchRoute(gateway: Gateway): Route {
  return {
    unified: true,
    config: {
      method: 'post',
      path: '/sequences/{sequence_id}/sequence_steps/_batch',
      operationId: 'createSequenceSteps',
      tags: ['Sequence steps'],
      summary: 'Create several steps in order',
      request: () => ({
        params: sequenceParams(),
        headers: writeHeaders(gateway.registry),
        query: dryRunQuery,
        body: jsonBody(documented, EXAMPLES.create_steps),
      }),
      responses: () => ({
        200: jsonAnswer('One result for each record.', z.union([results, batchPreview])),
        ...providerWriteErrors(),
      }),
    },
    handler: (c) => createBatch(c, gateway),
  };
}

async function createBatch(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { tenant, dryRun } = beginWrite(c, gateway, 'create_batch');
  const { provider } = tenant;
  const sequence_id = requireId(provider, pathParam(c, 'sequence_id'));
  const { value, manner, asked } = readAsked(c, tenant, readBody, await readJson(c));
  const { handling, warnings } = manner;
  if (handling === 'strict' && warnings.length > 0) throw new ProblemError(strictRefusals(warnings, provider.name));
  const items = value.records.map((record, index) => readItem(record, index, provider.name));
  const input = { ...manner, sequence_id, items, stop_on_error: value.stop_on_error ?? true };
  return answerWrite(c, gateway, { tenant, kind: 'create_batch', input, asked, dryRun });
}

/** One that cannot be is a result like any other. */
function readItem(raw: unknown, index: number, provider: string): BatchItem {
  const at = { pointer: `/records/${index}`, number: index + 1 };
  const moved = (pointer: string): string => pointer.replace(/^\/record(?=\/|$)/, at.pointer);
  try {
    const { value, unknown } = readRecord({ record: raw });
    const record: StepRecord = value.record;
    const asked = { record, pointer: at.pointer };
    return { ...at, asked, warnings: unknownFieldWarnings(unknown.map(moved), provider) };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const problems = error.problems.map((problem): Problem =>
      problem.pointer === undefined
        ? problem
        : { ...problem, pointer: moved(problem.pointer), detail: problem.detail.replace(problem.pointer, moved) },
    );
    return { ...at, warnings: [], problems };
  }
}
