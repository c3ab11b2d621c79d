/** What an error looks like in the document, for each status. */
import { z } from 'zod';
import { PROBLEMS, type ProblemCode } from '../model/problem.ts';

const CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

const ERRORS_DESCRIPTION = `What went wrong, and whose fault it is.

| code | status | means |
| --- | --- | --- |
${Object.entries(PROBLEMS)
  .map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`)
  .join('\n')}
`;

/** One of the errors of an answer, and of a result in a batch. */
export const errorObject = z
  .lazy(() =>
    z.object({
      id: z.string().meta({ description: 'The request id.' }),
      title: z.string(),
      detail: z.string(),
      code: z.enum(CODES),
      problem_type: z.enum(CODES),
      status: z.string().meta({ example: '422' }),
      source: z
        .object({ pointer: z.string().optional(), parameter: z.string().optional(), header: z.string().optional() })
        .optional(),
      meta: z.object({
        origin: z.enum(['gateway', 'remote-provider']),
        provider: z.string().optional(),
        upstream: z
          .object({
            status: z.number().optional(),
            request_id: z.string().optional(),
            retry_after: z.string().optional(),
            body: z.unknown().optional(),
          })
          .optional(),
        retriable: z.boolean(),
        outcome: z.enum(['unknown', 'created', 'changed']).optional(),
        created: z
          .array(z.object({ kind: z.string(), id: z.string() }))
          .optional()
          .meta({ description: 'What the provider holds now because of this request.' }),
        changed: z
          .array(z.object({ kind: z.string(), id: z.string() }))
          .optional()
          .meta({ description: 'What the provider held before and has changed because of this request.' }),
        differences: z
          .array(
            z.object({
              pointer: z.string(),
              before: z.unknown().optional(),
              expected: z.unknown().optional(),
              found: z.unknown().optional(),
            }),
          )
          .optional()
          .meta({ description: 'With PROVIDER_CHANGED_MORE: what is not as it should be, with the old values.' }),
        candidates: z.array(z.string()).optional(),
        operation_id: z.string().optional().meta({
          description: 'What is not finished: `GET /operations/{id}`, or repeat with the same Idempotency-Key.',
        }),
      }),
    }),
  )
  .meta({ id: 'ErrorObject' });

const errorSchema = z
  .lazy(() => z.object({ errors: z.array(errorObject) }))
  .meta({ id: 'Errors', description: ERRORS_DESCRIPTION });

/** RFC 9457, for callers that accept it. */
const problemSchema = z
  .lazy(() =>
    z.object({
      type: z.string(),
      title: z.string(),
      status: z.number(),
      detail: z.string(),
      instance: z.string(),
      errors: z.array(errorObject),
    }),
  )
  .meta({ id: 'ProblemDetails' });

const STATUS_MEANS = {
  400: 'Malformed JSON, a wrong JSON type, a missing key or header, an unknown parameter.',
  401: "The gateway's own API key is missing or wrong.",
  402: "The provider account's credits are used up.",
  403: 'The API key may not do this; the role that is needed is named.',
  404: 'No such path, provider, connection or record; an id of the wrong shape.',
  409: 'The provider reports a conflict; the same Idempotency-Key is under way; it cannot be known yet what came of it.',
  413: 'The body is over 1 MiB.',
  415: 'The body is not JSON.',
  422: 'Right type but impossible; refused by strict handling; refused by the provider.',
  424: 'The connection: new credentials, another kind of credential or a permission is needed.',
  429: 'Too much for the provider or the gateway at this time.',
  500: 'The gateway failed.',
  501: 'The provider has no such operation; the answer lists what it has.',
  502: 'The provider failed or answered unreadably. A write whose outcome is not known has code OUTCOME_UNKNOWN.',
  503: 'Not sent: the provider or the store of the gateway is away.',
  504: 'Sent, and no answer in time.',
} as const;

const asResponse = (description: string) => ({
  description,
  content: { 'application/json': { schema: errorSchema }, 'application/problem+json': { schema: problemSchema } },
});

export const ERROR_RESPONSES: Readonly<Record<number, ReturnType<typeof asResponse>>> = Object.fromEntries(
  Object.entries(STATUS_MEANS).map(([status, description]) => [status, asResponse(description)]),
);

export type ErrorStatus = keyof typeof STATUS_MEANS;
