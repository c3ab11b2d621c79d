/** Operations: what a write has sent, what is there because of it, and going on with one that was not finished. */
import { z } from 'zod';
import type { CredentialType } from '../../model/credential.ts';
import { ProblemError } from '../../model/problem.ts';
import type { Answered } from '../../operations/operation.ts';
import { isUnderWay, type WholeOperation } from '../../store/operation-store.ts';
import type { OperationRow } from '../../store/tables.ts';
import { callerOf } from '../caller.ts';
import { answerJson, sayHeader } from '../answer.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { pathParam, readQuery } from '../input.ts';
import { requireNoBody } from '../no-body.ts';
import { keyset } from '../pages.ts';
import { noQuery } from '../schemas.ts';
import { reach } from '../reach.ts';
import { findOperation, findProvider } from '../tenant.ts';
import { errorBody } from '../error-body.ts';
import { answered, goOn, shown } from '../write.ts';
import { errorResponses, jsonAnswer, providerWriteErrors } from './answers.ts';
import type { Route } from './route.ts';

const made = z.object({ kind: z.string(), id: z.string() });
const call = z.object({
  item: z.number().meta({ description: 'The record of a batch, from 0.' }),
  position: z.number(),
  method: z.string(),
  path: z.string(),
  state: z.enum(['intended', 'done', 'refused', 'unknown']),
  sent_at: z.string(),
  answered_at: z.string().optional(),
});
const operation = z
  .lazy(() =>
    z.object({
      id: z.string(),
      customer_id: z.string(),
      provider_name: z.string(),
      kind: z.string(),
      request_id: z.string(),
      status: z.enum(['open', 'done', 'refused']).meta({ description: '`open`: not finished; it can be resumed.' }),
      under_way: z.boolean(),
      created_at: z.string(),
      updated_at: z.string(),
      closed_at: z.string().optional(),
      calls: z.array(call).optional(),
      created: z.array(made).optional(),
      changed: z.array(made).optional(),
      errors: z.array(z.unknown()).optional().meta({ description: 'What the caller was told last.' }),
    }),
  )
  .meta({ id: 'Operation' });

const operationList = z
  .lazy(() =>
    z.object({
      pagination: z.object({ next: z.string().nullable(), previous: z.string().nullable() }),
      records: z.array(operation),
    }),
  )
  .meta({ id: 'OperationList' });

const PAGE_SIZE = 100;
const listQuery = z.object({
  status: z
    .enum(['open'])
    .optional()
    .meta({ description: 'Only those that are not finished; there is no other list.' }),
  cursor: z.uuid().optional(),
});
const idParam = z.object({ operation_id: z.string() });

export function operationRoutes(gateway: Gateway): readonly Route[] {
  return [
    {
      config: {
        method: 'get',
        path: '/operations',
        operationId: 'listOperations',
        summary: 'Writes that are not finished',
        tags: ['Operations'],
        request: () => ({ query: listQuery }),
        responses: () => ({
          200: jsonAnswer('Oldest id first.', operationList),
          ...errorResponses(400, 503),
        }),
      },
      handler: (c) => list(c, gateway),
    },
    {
      config: {
        method: 'get',
        path: '/operations/{operation_id}',
        operationId: 'getOperation',
        summary: 'One write',
        tags: ['Operations'],
        request: () => ({ params: idParam }),
        responses: () => ({
          200: jsonAnswer('What it has done.', operation),
          ...errorResponses(400, 404, 503),
        }),
      },
      handler: async (c) => {
        readQuery(c, noQuery);
        return answerJson(c, view(gateway, await findOperation(c, gateway, pathParam(c, 'operation_id'))));
      },
    },
    {
      config: {
        method: 'post',
        path: '/operations/{operation_id}/actions/resume',
        operationId: 'resumeOperation',
        summary: 'Go on with a write that was not finished',
        description:
          'Goes on after the last call that is known to be done, with what was prepared then; a call whose outcome is not known is looked for first. Answers as the write itself does.',
        tags: ['Operations'],
        request: () => ({ params: idParam }),
        responses: () => ({
          200: { description: 'The answer of the write, with its own status.' },
          201: { description: 'The answer of the write.' },
          204: { description: 'The answer of the write.' },
          ...providerWriteErrors(),
        }),
      },
      handler: (c) => resume(c, gateway),
    },
  ];
}

async function list(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { cursor } = readQuery(c, listQuery);
  const { customers } = callerOf(c);
  const rows = await gateway.operations.open({
    limit: PAGE_SIZE + 1,
    ...(customers ? { customers: [...customers] } : {}),
    ...(cursor === undefined ? {} : { after: cursor }),
  });
  return answerJson(
    c,
    keyset.page(rows, PAGE_SIZE, (row) => viewRow(gateway, row)),
  );
}

async function resume(c: RequestContext, gateway: Gateway): Promise<Response> {
  readQuery(c, noQuery);
  await requireNoBody(c);
  const id = pathParam(c, 'operation_id');
  await findOperation(c, gateway, id);
  const resumed = await gateway.operations.resume(id);
  if (!resumed) return replay(c, gateway, id);
  const { row, operation: taken } = resumed;
  try {
    const tenant = { customer_id: row.customer_id, provider: findProvider(gateway, row.provider) };
    const upstream = (credentials: readonly CredentialType[]) => reach(c, gateway, tenant, credentials);
    return shown(c, gateway, await goOn(gateway, resumed, upstream, c.get('requestId')));
  } finally {
    await taken.release();
  }
}

/** One that is closed is answered as it was, while that is kept. */
async function replay(c: RequestContext, gateway: Gateway, id: string): Promise<Response> {
  const { row } = await gateway.operations.get(id);
  const answer = gateway.operations.answered(row);
  if (!answer) {
    const detail = `The operation ${id} is finished, and its answer is no longer kept.`;
    throw new ProblemError({ code: 'OPERATION_NOT_FOUND', detail });
  }
  c.get('line').replayed = true;
  sayHeader(c, 'idempotent-replayed', 'true');
  return answered(c, gateway, answer);
}

/** Sealed with a key that is gone it is left out: what is not sealed can be shown all the same. */
function readableAnswer({ operations }: Gateway, row: OperationRow): Answered | undefined {
  try {
    return operations.answered(row);
  } catch {
    return undefined;
  }
}

function viewRow(gateway: Gateway, row: OperationRow) {
  const answer = readableAnswer(gateway, row);
  const time = (at: number): string => new Date(at).toISOString();
  return {
    id: row.id,
    customer_id: row.customer_id,
    provider_name: row.provider,
    kind: row.kind,
    request_id: row.request_id,
    status: row.status,
    under_way: isUnderWay(row, gateway.clock.now()),
    created_at: time(row.created_at),
    updated_at: time(row.updated_at),
    ...(row.closed_at === null ? {} : { closed_at: time(row.closed_at) }),
    ...(answer && 'problems' in answer
      ? { errors: answer.problems.map((problem) => errorBody(problem, row.request_id)) }
      : {}),
  };
}

function view(gateway: Gateway, { row, calls }: WholeOperation) {
  const named = (kind: string | null, id: string | null) => (kind === null || id === null ? [] : [{ kind, id }]);
  return {
    ...viewRow(gateway, row),
    calls: calls.map(({ item, position, method, path, state, sent_at, answered_at }) => ({
      item,
      position,
      method,
      path: `/${path}`,
      state,
      sent_at: new Date(sent_at).toISOString(),
      ...(answered_at === null ? {} : { answered_at: new Date(answered_at).toISOString() }),
    })),
    created: calls.flatMap((each) => named(each.made_kind, each.made_id)),
    changed: calls.flatMap((each) => named(each.changed_kind, each.changed_id)),
  };
}
