/** What is read of a provider, and the unified objects that are made of it. Optional means absent: nothing is invented. */
import { z } from 'zod';
import type { Read } from './calls.ts';
import type { Native, None } from './cell.ts';
import type { CredentialType } from './credential.ts';
import type { StepType } from './step.ts';

/** A native value that is neither a default nor mapped to a unified field. `pointer` is inside the native object. */
export interface Unmodelled {
  readonly pointer: string;
  readonly value: unknown;
}

/** One step as an adapter reads it. Null and undefined both mean that the provider does not say. */
export interface StepReading {
  readonly id?: string | number | null | undefined;
  /** The native kind, looked up in the `types` of the declaration. */
  readonly word: string;
  readonly name?: string | null | undefined;
  /** 1-based. */
  readonly order?: number | null | undefined;
  /** Seconds after the previous step; nominal where `native_interval` is given. */
  readonly interval_seconds?: number | null | undefined;
  /** The truth in the provider's own keys, where it is not time elapsed since the previous step. */
  readonly native_interval?: Readonly<Record<string, unknown>> | undefined;
  readonly date?: string | null | undefined;
  readonly is_reply?: boolean | null | undefined;
  readonly task_note?: string | null | undefined;
  readonly template?: TemplateReading | undefined;
  readonly unmodelled?: readonly Unmodelled[];
  readonly raw: unknown;
}

export interface TemplateReading {
  readonly id?: string | number | null | undefined;
  readonly name?: string | null | undefined;
  readonly subject?: string | null | undefined;
  readonly body?: string | null | undefined;
  readonly to?: readonly string[] | null | undefined;
  readonly cc?: readonly string[] | null | undefined;
  readonly bcc?: readonly string[] | null | undefined;
  readonly updated_at?: string | null | undefined;
  /** Of a template by itself; what that of a step has is among the step's. */
  readonly unmodelled?: readonly Unmodelled[];
}

export interface SequenceReading {
  readonly id: string | number;
  readonly name?: string | null | undefined;
  readonly owner_id?: string | number | null | undefined;
  readonly tags?: readonly string[] | null | undefined;
  readonly num_steps?: number | null | undefined;
  readonly is_enabled?: boolean | null | undefined;
  readonly is_archived?: boolean | null | undefined;
  readonly share_type?: 'team' | 'private' | null | undefined;
  /** Counts and rates under the provider's own names; those that are not numbers are left out. */
  readonly metrics?: Readonly<Record<string, unknown>> | undefined;
  readonly created_at?: string | null | undefined;
  readonly updated_at?: string | null | undefined;
  /** In the order in which they run; absent where the reading did not include them. */
  readonly steps?: readonly StepReading[];
  /** Of steps that the provider has, where it is not certain which of `steps` has which, or that it does not show. */
  readonly unplaced_step_ids?: readonly (string | number)[];
  readonly unmodelled?: readonly Unmodelled[];
  readonly raw: unknown;
}

/** The most records of a page that the gateway gives, whoever the provider is. */
export const MAX_PAGE_SIZE = 100;

/** What a caller can ask for: the provider may give fewer than the gateway, and more is never asked. */
export function largestPage({ max_page_size: max }: { readonly max_page_size: number }): number {
  return Math.min(max, MAX_PAGE_SIZE);
}

export const FILTERS = ['ids', 'name', 'modified_after'] as const;
export type Filter = (typeof FILTERS)[number];

export interface ListQuery {
  readonly size: number;
  readonly cursor?: string | undefined;
  readonly ids?: readonly string[];
  /** A part of the name. */
  readonly name?: string | undefined;
  /** ISO 8601. */
  readonly modified_after?: string | undefined;
  /** Also what only the raw data shows. */
  readonly raw: boolean;
}

export interface Page<T> {
  readonly records: readonly T[];
  readonly next?: string | undefined;
  readonly previous?: string | undefined;
  readonly total_count?: number | undefined;
}

export interface NativeFilter extends Native {
  /** A value with one of these texts in it says something else to the provider: the list is not filtered by it. */
  readonly unless?: { readonly holds: readonly string[]; readonly because: string };
}

export interface ListSequences {
  readonly support: 'native';
  readonly credentials: readonly CredentialType[];
  /** The provider's own limit. */
  readonly max_page_size: number;
  /** What a cursor from this provider looks like. */
  readonly cursor: RegExp;
  readonly filters: Readonly<Record<Filter, NativeFilter | None>>;
  list(query: ListQuery, read: Read): Promise<Page<SequenceReading>>;
}

/** Reading one sequence with its steps, in as few calls as the provider allows. */
export interface GetSequence {
  readonly support: 'native';
  readonly credentials: readonly CredentialType[];
  /** Native kinds that are read as a unified type; any other is passed through with a warning. */
  readonly types: Readonly<Record<string, StepType>>;
  /** Where steps have ids of another shape than the provider's own. */
  readonly isStepId?: (id: string) => boolean;
  /** Undefined where the provider's answer shows that there is none. */
  get(id: string, options: { readonly raw: boolean }, read: Read): Promise<SequenceReading | undefined>;
}

export interface ListTemplates {
  readonly support: 'native';
  readonly credentials: readonly CredentialType[];
  readonly max_page_size: number;
  readonly cursor: RegExp;
  list(
    query: { readonly size: number; readonly cursor?: string | undefined },
    read: Read,
  ): Promise<Page<TemplateReading & { readonly raw: unknown }>>;
  get(id: string, read: Read): Promise<TemplateReading & { readonly raw: unknown }>;
}

const unmodelled = z
  .array(z.object({ pointer: z.string(), value: z.unknown() }))
  .optional()
  .meta({
    description:
      'Native values that have no unified field and are not defaults. Those of the template of a step, and of messages that it has beside the one that is shown, are among those of the step.',
  });
const rawData = z.unknown().optional().meta({ description: 'The native object, with `include_raw_data=true`.' });

export const templateSchema = z
  .lazy(() =>
    z.object({
      id: z.string().optional(),
      name: z.string().optional(),
      subject: z.string().optional(),
      body: z.string().optional(),
      to: z.array(z.string()).optional(),
      cc: z.array(z.string()).optional(),
      bcc: z.array(z.string()).optional(),
      updated_at: z.string().optional(),
      unmodelled,
      raw_data: rawData,
    }),
  )
  .meta({ id: 'TemplateObject' });

export const stepSchema = z
  .lazy(() =>
    z.object({
      id: z.string().optional(),
      type: z
        .string()
        .meta({ description: 'A unified type, or the native word of one that the gateway does not know.' }),
      name: z.string().optional(),
      order: z.number().optional().meta({ description: '1-based.' }),
      interval_seconds: z.number().optional().meta({ description: 'Seconds after the previous step.' }),
      native_interval: z.record(z.string(), z.unknown()).optional().meta({
        description:
          "The delay in the provider's own keys, where it is not time elapsed since the previous step; `interval_seconds` is then nominal.",
      }),
      date: z.string().optional(),
      is_reply: z.boolean().optional(),
      task_note: z.string().optional(),
      template: templateSchema.optional(),
      unmodelled,
      raw_data: rawData,
    }),
  )
  .meta({ id: 'SequenceStep' });

export const sequenceSchema = z
  .lazy(() =>
    z.object({
      id: z.string(),
      name: z.string().optional(),
      owner_id: z.string().optional(),
      tags: z.array(z.string()).optional(),
      num_steps: z.number().optional(),
      is_enabled: z.boolean().optional(),
      is_archived: z.boolean().optional(),
      share_type: z.enum(['team', 'private']).optional(),
      metrics: z.record(z.string(), z.number()).optional(),
      created_at: z.string().optional(),
      updated_at: z.string().optional(),
      steps: z.array(stepSchema).optional(),
      unmodelled,
      raw_data: rawData,
    }),
  )
  .meta({ id: 'Sequence', description: 'What the provider does not say is absent.' });

export type StepView = z.infer<typeof stepSchema>;
export type SequenceView = z.infer<typeof sequenceSchema>;
export type TemplateView = z.infer<typeof templateSchema>;
