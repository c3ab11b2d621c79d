/** The gateway's own keys. A key is shown once, when it is made. */
import { z } from 'zod';
import { ROLES } from '../../model/role.ts';
import { ProblemError } from '../../model/problem.ts';
import type { ApiKeyRow } from '../../store/tables.ts';
import { callerOf } from '../caller.ts';
import { answerJson, answerNothing, sayHeader } from '../answer.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { refuseIdempotencyKey } from '../idempotency-key.ts';
import { bodyReader, pathParam, readQuery } from '../input.ts';
import { readJson } from '../json.ts';
import { requireNoBody } from '../no-body.ts';
import { keyset } from '../pages.ts';
import { customerIdParam, keysetQuery, listOf, noQuery } from '../schemas.ts';
import { CUSTOMER_ID_SAYS, isCustomerId } from '../tenant.ts';
import { answerWithWarnings } from '../warnings.ts';
import { errorResponses, jsonAnswer, jsonBody } from './answers.ts';
import type { Route } from './route.ts';

const MAX_CUSTOMERS = 100;

const role = z.enum(ROLES).meta({
  description: '`read`: GET only. `write`: everything but what is for admins. `admin`: also API keys and the audit.',
});

const body = z
  .object({
    name: z
      .string()
      .regex(/^[^\p{C}]{1,100}$/u, 'must be 1 to 100 characters, and none that cannot be seen')
      .meta({ description: 'For people: who has it.', example: 'billing service' }),
    role,
    customers: z
      .array(customerIdParam.refine(isCustomerId, `a customer id ${CUSTOMER_ID_SAYS}`))
      .min(1)
      .max(MAX_CUSTOMERS)
      .optional()
      .meta({ description: 'The only customers that the key reaches; absent: all of them. Not with `admin`.' }),
  })
  .meta({ id: 'CreateApiKey' });

const apiKey = z
  .lazy(() =>
    z.object({
      id: z.string(),
      name: z.string(),
      role,
      prefix: z.string().meta({ description: 'What the key begins with.', example: 'sg_k3v9x0qa' }),
      customers: z.array(z.string()).optional(),
      status: z.enum(['active', 'revoked']),
      created_at: z.string(),
      created_by: z.string().meta({ description: 'The id of the key that made it; `env` is STEPGATE_API_KEY.' }),
      revoked_at: z.string().optional(),
      revoked_by: z.string().optional(),
    }),
  )
  .meta({ id: 'ApiKey' });

const created = z
  .lazy(() =>
    z.object({
      record: apiKey.and(
        z.object({ api_key: z.string().meta({ description: 'The key itself; it is never shown again.' }) }),
      ),
      warnings: z.array(z.unknown()),
    }),
  )
  .meta({ id: 'CreatedApiKey' });

const readBody = bodyReader(body);
const PATH = '/api_keys';

export function apiKeyRoutes(gateway: Gateway): readonly Route[] {
  return [
    {
      role: 'admin',
      kept: true,
      config: {
        method: 'post',
        path: PATH,
        operationId: 'createApiKey',
        summary: 'Make an API key',
        tags: ['API keys'],
        request: () => ({ body: jsonBody(body) }),
        responses: () => ({
          201: jsonAnswer('Made.', created),
          ...errorResponses(400, 413, 415, 422, 503),
        }),
      },
      handler: (c) => create(c, gateway),
    },
    {
      role: 'admin',
      config: {
        method: 'get',
        path: PATH,
        operationId: 'listApiKeys',
        summary: 'List API keys',
        tags: ['API keys'],
        description: 'Newest first, also those that are revoked. STEPGATE_API_KEY, a setting, is not among them.',
        request: () => ({ query: keysetQuery }),
        responses: () => ({
          200: jsonAnswer('One page.', listOf(apiKey, 'ApiKeyList')),
          ...errorResponses(400, 503),
        }),
      },
      handler: async (c) => {
        const { size, before } = keyset.read(readQuery(c, keysetQuery));
        return answerJson(c, keyset.page(await gateway.apiKeys.list({ before, limit: size + 1 }), size, shown));
      },
    },
    {
      role: 'admin',
      kept: true,
      config: {
        method: 'delete',
        path: `${PATH}/{api_key_id}`,
        operationId: 'revokeApiKey',
        summary: 'Revoke an API key',
        description: 'Counts at once in this process, and within 5 s in all others. Revoking it again changes nothing.',
        tags: ['API keys'],
        request: () => ({ params: z.object({ api_key_id: z.string() }) }),
        responses: () => ({ 204: { description: 'Revoked.' }, ...errorResponses(400, 404, 413, 415, 422, 503) }),
      },
      handler: async (c) => {
        readQuery(c, noQuery);
        await requireNoBody(c);
        await gateway.apiKeys.revoke(pathParam(c, 'api_key_id'), callerOf(c).id);
        return answerNothing(c);
      },
    },
  ];
}

async function create(c: RequestContext, gateway: Gateway): Promise<Response> {
  readQuery(c, noQuery);
  refuseIdempotencyKey(c);
  const { value, unknown } = readBody(await readJson(c));
  // A misspelt `customers` must not make a key that reaches everybody.
  const problems = unknown.map((pointer) => {
    const detail = `${pointer} is not known here. Known: name, role, customers. Nothing was made.`;
    return { code: 'INVALID_VALUE', detail, pointer } as const;
  });
  if (problems.length > 0) throw new ProblemError(problems);
  if (value.role === 'admin' && value.customers) {
    const detail =
      'A key with the role admin reaches every customer, because it can make other keys. Leave customers out.';
    throw new ProblemError({ code: 'INVALID_VALUE', detail, pointer: '/customers' });
  }
  const customers = value.customers && [...new Set(value.customers)];
  const { row, text } = await gateway.apiKeys.create({ ...value, customers }, callerOf(c).id);
  c.get('line').target = `${PATH}/${row.id}`;
  sayHeader(c, 'cache-control', 'no-store');
  return answerWithWarnings(c, gateway, { record: { ...shown(row), api_key: text } }, [], 201);
}

function shown(row: ApiKeyRow) {
  const time = (at: number): string => new Date(at).toISOString();
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    prefix: `sg_${row.prefix}`,
    ...(row.customers === null ? {} : { customers: JSON.parse(row.customers) as readonly string[] }),
    status: row.revoked_at === null ? 'active' : 'revoked',
    created_at: time(row.created_at),
    created_by: row.created_by,
    ...(row.revoked_at === null ? {} : { revoked_at: time(row.revoked_at), revoked_by: row.revoked_by ?? '' }),
  };
}
