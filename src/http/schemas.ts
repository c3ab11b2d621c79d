/**
 * Schemas of what the door takes and gives, for validation and for the document alike. What only the document needs is lazy: a start makes
 * none of it.
 */
import { z } from 'zod';
import type { Registry } from '../core/registry.ts';
import { MAX_PAGE_SIZE, sequenceSchema, stepSchema } from '../model/reading.ts';
import { stepRecordSchema } from '../model/step.ts';
import { warningSchema } from '../model/warning.ts';
import { CUSTOMER_ID_SAYS } from './tenant.ts';

export const createStepBody = z.object({ record: stepRecordSchema }).meta({ id: 'CreateSequenceStep' });

export const createdStep = z
  .lazy(() =>
    z.object({ record: z.object({ id: z.string().meta({ example: '55' }) }), warnings: z.array(warningSchema) }),
  )
  .meta({ id: 'CreatedSequenceStep' });

export const previewedRequests = z.lazy(() =>
  z.array(
    z.object({
      method: z.string().meta({ example: 'POST' }),
      url: z.string(),
      headers: z.record(z.string(), z.string()),
      body: z.unknown().optional(),
      when: z.string().optional().meta({ description: 'The condition of a call that depends on an earlier answer.' }),
    }),
  ),
);

export const preview = z
  .lazy(() => z.object({ requests: previewedRequests, warnings: z.array(warningSchema) }))
  .meta({
    id: 'Preview',
    description:
      'What the request would send. Ids that do not exist yet are placeholders such as `{{requests[0].data.id}}`; credentials are `***`.',
  });

export const customerIdParam = z.string().meta({
  description: `Your own id of the customer whose connection is used; ${CUSTOMER_ID_SAYS}.`,
  example: 'my-customer-1',
});

/** A provider's name, documented as one of those that there are. */
export function providerNameParam(registry: Registry) {
  return z.string().meta({ description: 'The provider that is called.', enum: [...registry.keys()] });
}

/** What the path of a connection names. */
export function connectionParams(registry: Registry) {
  return z.object({ customer_id: customerIdParam, provider: providerNameParam(registry) });
}

const WAIT_SAYS =
  '`wait=N` (RFC 7240): how many seconds the request may wait for the budget of the provider, or to be repeated where that is safe; 10 when absent, at most 60.';

export function tenantHeaders(registry: Registry) {
  return z.object({
    'x-customer-id': customerIdParam,
    'x-provider-name': providerNameParam(registry),
    prefer: z.string().optional().meta({ description: WAIT_SAYS, example: 'wait=30' }),
  });
}

/** The headers of everything that writes. */
export function writeHeaders(registry: Registry) {
  return tenantHeaders(registry).extend({
    prefer: z
      .string()
      .optional()
      .meta({ description: `\`handling=strict\` or \`handling=lenient\` (RFC 7240). ${WAIT_SAYS}` }),
    'idempotency-key': z.string().min(1).max(255).optional().meta({
      description:
        'Makes the write happen once: 1 to 255 printable characters, for this customer, provider, method and path. The same request with it is answered as before (`Idempotent-Replayed: true`), another one is 422, one while the first is under way 409.',
    }),
  });
}

export const dryRunQuery = z.object({
  dry_run: z.enum(['true', 'false']).optional().meta({
    description: '`true`: answer with what would be sent, and send nothing that writes.',
  }),
});

export const noQuery = z.object({});

const SIZES = `1 to ${MAX_PAGE_SIZE}`;

export const listQuery = z.object({
  page_size: z
    .string()
    .refine((size) => /^[1-9]\d{0,2}$/.test(size) && Number(size) <= MAX_PAGE_SIZE, `a whole number from ${SIZES}`)
    .optional()
    .meta({
      description: `Records on a page, ${SIZES}; 25 when absent. Beside a cursor: the one that it was given for, or left out.`,
      example: '25',
    }),
  cursor: z.string().optional().meta({
    description:
      '`pagination.next` or `pagination.previous` of another page. It keeps the page size and the filters of its list and belongs to no other.',
  }),
});

/** Lists of the gateway's own. */
export const keysetQuery = z.object({
  page_size: listQuery.shape.page_size,
  cursor: z.uuid().optional().meta({ description: '`pagination.next` of another page.' }),
});

/** What a list can be filtered by. */
export const filterQuery = z.object({
  ids: z.string().optional().meta({ description: 'Ids, separated by commas.' }),
  name: z.string().optional().meta({ description: 'A name, matched as the provider does it.' }),
  modified_after: z.iso.datetime({ offset: true }).optional().meta({ example: '2026-01-01T00:00:00Z' }),
});

export type Filters = Readonly<z.infer<typeof filterQuery>>;

export const getQuery = z.object({
  include_raw_data: z.enum(['true', 'false']).optional().meta({ description: '`true`: with the native objects.' }),
});

const sequenceIdParam = z.string().meta({ description: "The provider's id of the sequence.", example: '18' });
const stepIdParam = z.string().meta({ description: "The provider's id of the step.", example: '55' });

/** What the path of a sequence names. */
export function sequenceParams() {
  return z.object({ sequence_id: sequenceIdParam });
}

/** What the path of a step names. */
export function stepParams() {
  return sequenceParams().extend({ sequence_step_id: stepIdParam });
}

const readWarnings = z.array(warningSchema);

/** The envelope of every list. */
export function listOf(records: z.ZodType, name: string) {
  return z
    .object({
      pagination: z.object({
        next: z.string().nullable(),
        previous: z.string().nullable(),
        total_count: z.number().optional(),
      }),
      records: z.array(records),
      warnings: readWarnings.optional(),
    })
    .meta({ id: name });
}

export const sequenceAnswer = z
  .lazy(() => sequenceSchema.unwrap().extend({ warnings: readWarnings }))
  .meta({ id: 'SequenceAnswer' });
export const stepAnswer = z
  .lazy(() => stepSchema.unwrap().extend({ warnings: readWarnings }))
  .meta({ id: 'SequenceStepAnswer' });

const secret = z
  .string()
  .regex(/^[\x21-\x7e]{8,4096}$/, 'must be 8 to 4096 printable characters without spaces')
  .meta({ description: 'Stored encrypted and never shown again.' });

export const putConnectionBody = z
  .object({
    credentials: z.discriminatedUnion('type', [
      z.object({ type: z.literal('api_key'), api_key: secret }).meta({ id: 'ApiKeyCredentials' }),
      z
        .object({
          type: z.literal('access_token'),
          access_token: secret,
          expires_at: z.iso.datetime({ offset: true }).optional().meta({ example: '2030-01-01T00:00:00Z' }),
        })
        .meta({ id: 'AccessTokenCredentials' }),
    ]),
  })
  .meta({ id: 'PutConnection' });

export const connection = z
  .lazy(() =>
    z.object({
      customer_id: z.string(),
      provider_name: z.string(),
      credential_type: z.enum(['api_key', 'access_token', 'oauth2']).meta({
        description: '`oauth2`: its owner has authorized it; the gateway keeps both tokens and renews them by itself.',
      }),
      status: z.enum(['active', 'needs_reauth']),
      reauth_reason: z.string().optional().meta({ description: 'With `needs_reauth`: what happened, and when.' }),
      expires_at: z.string().optional(),
      created_at: z.string(),
      updated_at: z.string(),
    }),
  )
  .meta({ id: 'Connection' });

export const connectionAnswer = z
  .lazy(() => z.object({ record: connection, warnings: z.array(warningSchema) }))
  .meta({ id: 'ConnectionAnswer' });
