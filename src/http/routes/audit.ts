/** The audit: who did what, for which customer, when, and what came of it. */
import { z } from 'zod';
import type { AuditRow } from '../../store/tables.ts';
import { answerJson } from '../answer.ts';
import type { Gateway, RequestContext } from '../env.ts';
import { readQuery } from '../input.ts';
import { keyset } from '../pages.ts';
import { keysetQuery, listOf } from '../schemas.ts';
import { errorResponses, jsonAnswer } from './answers.ts';
import type { Route } from './route.ts';

const entry = z
  .lazy(() =>
    z.object({
      id: z.string(),
      at: z.string(),
      key_id: z.string().meta({
        description:
          'The API key that was presented; `env` is STEPGATE_API_KEY, `gateway` what it did by itself, `operator` a command.',
      }),
      action: z.string().meta({ description: 'The operation of this document.', example: 'createSequenceStep' }),
      target: z.string().optional().meta({
        description: 'The path of the request; of an API key that was made, its own.',
        example: '/sequences/18',
      }),
      customer_id: z.string().optional(),
      provider_name: z.string().optional(),
      request_id: z.string(),
      status: z.number().optional().meta({ description: 'That of the answer.' }),
      outcome: z.enum(['done', 'replayed', 'refused', 'failed', 'unknown', 'needs_reauth']).meta({
        description: '`unknown`: it may have been carried out.',
      }),
      operation_id: z.string().optional().meta({ description: 'See `GET /operations/{id}`.' }),
      times: z.number().optional().meta({
        description: 'How many refused requests it stands for, the last of which is `request_id`; absent: one.',
      }),
    }),
  )
  .meta({ id: 'AuditEntry' });

const time = (description: string) => z.iso.datetime({ offset: true }).optional().meta({ description });
const name = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 characters without spaces')
  .optional();
const query = keysetQuery.extend({
  customer_id: name,
  key_id: name,
  action: name.meta({
    description:
      'Exactly this action: an operation of this document, or `markConnection`, `recoverOperation`, `rotateEncryptionKeys`. Any other word finds nothing.',
  }),
  since: time('From this time on.'),
  until: time('Before this time.'),
});

export function auditRoute(gateway: Gateway): Route {
  return {
    role: 'admin',
    config: {
      method: 'get',
      path: '/audit',
      operationId: 'listAudit',
      summary: 'Who did what',
      tags: ['API keys'],
      description:
        'Newest first: every request that changed something or could have, refused ones too, and what the gateway did by itself. Dry runs are left out. Of one key 60 refusals a minute are entries of their own; the others are counted, in one entry for each action and status, without the customer. Of other processes the last quarter of a second may be missing. It is kept for STEPGATE_AUDIT_DAYS. A filter looks through so much for a page and no more: a page may have few entries, or none, and a `next` all the same.',
      request: () => ({ query }),
      responses: () => ({
        200: jsonAnswer('One page.', listOf(entry, 'AuditList')),
        ...errorResponses(400, 503),
      }),
    },
    handler: (c) => list(c, gateway),
  };
}

async function list(c: RequestContext, gateway: Gateway): Promise<Response> {
  const { since, until, page_size, cursor, ...same } = readQuery(c, query);
  const { size, before } = keyset.read({ page_size, cursor });
  const at = (text: string | undefined): number | undefined => (text === undefined ? undefined : Date.parse(text));
  const asked = { ...same, since: at(since), until: at(until), before, limit: size + 1 };
  const { rows, rest } = await gateway.audit.list(asked);
  return answerJson(c, keyset.page(rows, size, shown, rest));
}

function shown(row: AuditRow) {
  const { target, customer_id, provider, status, operation_id } = row;
  return {
    id: row.id,
    at: new Date(row.at).toISOString(),
    key_id: row.key_id,
    action: row.action,
    ...(target === null ? {} : { target }),
    ...(customer_id === null ? {} : { customer_id }),
    ...(provider === null ? {} : { provider_name: provider }),
    request_id: row.request_id,
    ...(status === null ? {} : { status }),
    outcome: row.outcome,
    ...(operation_id === null ? {} : { operation_id }),
    ...(row.times === 1 ? {} : { times: row.times }),
  };
}
