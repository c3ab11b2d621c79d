/** Connections: one customer's credentials for one provider. Answers never show a secret. */
import type { OpenedCredential } from '../../connections/connections.ts';
import { ProblemError } from '../../model/problem.ts';
import { answerJson, answerNothing } from '../answer.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { bodyReader, readQuery, unknownFieldWarnings } from '../input.ts';
import { readJson } from '../json.ts';
import { requireNoBody } from '../no-body.ts';
import { connection, connectionAnswer, connectionParams, noQuery, putConnectionBody } from '../schemas.ts';
import { reach } from '../reach.ts';
import { keyOf, readTenantPath, requireOperation, type Tenant } from '../tenant.ts';
import { answerWithWarnings } from '../warnings.ts';
import { errorResponses, jsonAnswer, jsonBody, providerReadErrors } from './answers.ts';
import type { Route } from './route.ts';

const readBody = bodyReader(putConnectionBody);

const PATH = '/customers/{customer_id}/connections/{provider}';

export function connectionRoutes(gateway: Gateway): readonly Route[] {
  const params = () => connectionParams(gateway.registry);
  return [
    {
      kept: true,
      config: {
        method: 'put',
        path: PATH,
        operationId: 'putConnection',
        summary: 'Store credentials',
        tags: ['Connections'],
        request: () => ({ params: params(), body: jsonBody(putConnectionBody) }),
        responses: () => ({
          200: jsonAnswer('Stored in place of others.', connectionAnswer),
          201: jsonAnswer('Stored.', connectionAnswer),
          ...errorResponses(400, 404, 413, 415, 422, 503),
        }),
      },
      handler: (c) => putConnection(c, gateway),
    },
    {
      config: {
        method: 'get',
        path: PATH,
        operationId: 'getConnection',
        summary: 'Look at a connection',
        tags: ['Connections'],
        request: () => ({ params: params() }),
        responses: () => ({
          200: jsonAnswer('The connection, without its credentials.', connection),
          ...errorResponses(400, 404, 503),
        }),
      },
      handler: async (c) => {
        readQuery(c, noQuery);
        return answerJson(c, await gateway.connections.get(keyOf(readTenantPath(c, gateway))));
      },
    },
    {
      kept: true,
      config: {
        method: 'delete',
        path: PATH,
        operationId: 'deleteConnection',
        summary: 'Forget a connection',
        tags: ['Connections'],
        request: () => ({ params: params() }),
        responses: () => ({ 204: { description: 'Forgotten.' }, ...errorResponses(400, 404, 413, 415, 422, 503) }),
      },
      handler: async (c) => {
        readQuery(c, noQuery);
        const tenant = readTenantPath(c, gateway);
        await requireNoBody(c);
        await gateway.connections.remove(keyOf(tenant));
        await gateway.limits.forget(tenant.customer_id, tenant.provider);
        return answerNothing(c);
      },
    },
    {
      config: {
        method: 'post',
        path: `${PATH}/actions/test`,
        operationId: 'testConnection',
        summary: 'Try a connection',
        tags: ['Connections'],
        description: 'Makes one cheap read in the provider (one sequence is listed).',
        request: () => ({ params: params() }),
        responses: () => ({
          200: jsonAnswer('The credentials work.', connectionAnswer),
          ...providerReadErrors(),
          ...errorResponses(413, 415, 422),
        }),
      },
      handler: (c) => testConnection(c, gateway),
    },
  ];
}

async function putConnection(c: RequestContext, gateway: Gateway): Promise<Response> {
  readQuery(c, noQuery);
  const tenant = readTenantPath(c, gateway);
  const { provider } = tenant;
  const { value, unknown } = readBody(await readJson(c));
  const { credentials } = value;
  if (provider.credentials[credentials.type] === undefined) {
    const detail = `${provider.title} takes: ${Object.keys(provider.credentials).join(', ')}.`;
    throw new ProblemError({
      code: 'CREDENTIAL_TYPE_NOT_SUPPORTED',
      detail,
      pointer: '/credentials/type',
      provider: provider.name,
    });
  }
  const secret = credentials.type === 'api_key' ? credentials.api_key : credentials.access_token;
  refuseRealCredentials(gateway, tenant, { type: credentials.type, secret });
  const expiresAt =
    'expires_at' in credentials && credentials.expires_at !== undefined ? Date.parse(credentials.expires_at) : null;
  const stored = await gateway.connections.put(keyOf(tenant), { type: credentials.type, secret }, expiresAt);
  await gateway.limits.forget(tenant.customer_id, provider);
  const warnings = unknownFieldWarnings(unknown, provider.name);
  return answerWithWarnings(c, gateway, { record: stored.connection }, warnings, stored.isNew ? 201 : 200);
}

function refuseRealCredentials({ dev }: Gateway, { provider }: Tenant, { type, secret }: OpenedCredential): void {
  if (!dev || dev.accepts(provider, type, secret)) return;
  const pointer = `/credentials/${type}`;
  const detail = `This is development mode: every upstream is the sandbox, and this credential is not the sandbox's own. GET /dev lists those that it takes, under providers.${provider.name}.credentials; POST /dev/reset stores them for the customer of the demonstration. Use "stepgate serve" for a real ${provider.title} account.`;
  throw new ProblemError({ code: 'SANDBOX_ONLY', detail, pointer, provider: provider.name });
}

async function testConnection(c: RequestContext, gateway: Gateway): Promise<Response> {
  readQuery(c, noQuery);
  const tenant = readTenantPath(c, gateway);
  await requireNoBody(c);
  const operation = requireOperation(tenant.provider, 'list_sequences');
  const key = keyOf(tenant);
  // Asked for again at the end: the one that has worked may be another than the one at the start.
  const credentialNow = () => gateway.connections.credentialFor(key, tenant.provider, operation.credentials);
  const upstream = await reach(c, gateway, tenant, operation.credentials);
  await operation.list({ size: 1, raw: false }, upstream.read);
  await gateway.connections.setStatus(key, await credentialNow(), { status: 'active', reason: null });
  return answerWithWarnings(c, gateway, { record: await gateway.connections.get(key) }, [], 200);
}
