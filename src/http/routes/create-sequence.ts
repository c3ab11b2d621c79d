/** Creating a sequence with its steps. */
import { z } from 'zod';
import { recommendedSteps } from '../../catalogue/catalogue.ts';
import { RECOMMENDED_POINTER } from '../../core/recommended.ts';
import { wordFor } from '../../model/cell.ts';
import type { CreateSequence } from '../../model/create-sequence.ts';
import type { NamedProvider } from '../../model/declaration.ts';
import { ProblemError } from '../../model/problem.ts';
import { sequenceRecordSchema, type SequenceRecord } from '../../model/sequence.ts';
import { warning, warningSchema, type Warning } from '../../model/warning.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { EXAMPLES } from '../examples.ts';
import { bodyReader } from '../input.ts';
import { readJson } from '../json.ts';
import { dryRunQuery, preview, writeHeaders } from '../schemas.ts';
import { requireOperation } from '../tenant.ts';
import { answerWrite, beginWrite, readAsked } from '../write.ts';
import { jsonAnswer, jsonBody, providerWriteErrors } from './answers.ts';
import type { Route } from './route.ts';

const sequenceBody = z.object({ record: sequenceRecordSchema }).meta({ id: 'CreateSequence' });
const readBody = bodyReader(sequenceBody);

const created = z
  .lazy(() =>
    z.object({
      record: z.object({
        id: z.string(),
        steps: z
          .array(z.object({ id: z.string() }))
          .optional()
          .meta({ description: 'In the order of the request; absent where not known.' }),
      }),
      warnings: z.array(warningSchema),
    }),
  )
  .meta({ id: 'CreatedSequence' });

export function createSequenceRoute(gateway: Gateway): Route {
  return {
    unified: true,
    config: {
      method: 'post',
      path: '/sequences',
      operationId: 'createSequence',
      tags: ['Sequences'],
      summary: 'Create a sequence with its steps',
      description: 'Creates the sequence in as few provider calls as possible. It is always created off.',
      request: () => ({
        headers: writeHeaders(gateway.registry),
        query: dryRunQuery,
        body: jsonBody(sequenceBody, EXAMPLES.create_sequence),
      }),
      responses: () => ({
        200: jsonAnswer('With `dry_run=true`: what would be sent.', preview),
        201: jsonAnswer('Created.', created),
        ...providerWriteErrors(),
      }),
    },
    handler: (c) => create(c, gateway),
  };
}

async function create(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { tenant, dryRun } = beginWrite(c, gateway, 'create_sequence');
  const operation = requireOperation(tenant.provider, 'create_sequence');
  const { value, manner, asked } = readAsked(c, tenant, readBody, await readJson(c));
  const { record, warnings: substituted } = withRecommended(tenant.provider, operation, value.record);
  const input = {
    ...manner,
    record,
    recommended: value.record.from_recommended !== undefined,
    warnings: [...manner.warnings, ...substituted],
  };
  return answerWrite(c, gateway, { tenant, kind: 'create_sequence', input, asked, dryRun });
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
    throw new ProblemError({ code: 'INVALID_VALUE', detail, pointer: RECOMMENDED_POINTER });
  }
  const pointer = RECOMMENDED_POINTER;
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
