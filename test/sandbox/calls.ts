/** One call for each sandbox that it carries out: where the provider can be written to, one that stores something. */
import type { Sandbox } from '../../src/sandbox.ts';

export interface NativeCall {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export const PROVIDERS = ['apollo', 'outreach', 'salesloft', 'upscale', 'zendesk_sell'] as const;

export type Provider = (typeof PROVIDERS)[number];

export const WRITABLE: readonly Provider[] = ['apollo', 'outreach', 'salesloft'];

const BEARER = ({ credentials }: Sandbox) => ({ authorization: `Bearer ${credentials.access_token ?? ''}` });

/** Typed from the goldens. The second argument is an empty sequence. */
const CALLS: Readonly<Record<Provider, (sandbox: Sandbox, sequence: string) => NativeCall>> = {
  apollo: ({ credentials }, sequence) => ({
    method: 'POST',
    path: '/api/v1/emailer_steps',
    headers: { 'x-api-key': credentials.api_key ?? '', 'content-type': 'application/json', 'user-agent': 'test' },
    body: JSON.stringify({
      emailer_campaign_id: sequence,
      position: 1,
      type: 'call',
      wait_mode: 'minute',
      wait_time: 90,
      exact_datetime: null,
      note: null,
    }),
  }),
  outreach: (sandbox, sequence) => ({
    method: 'POST',
    path: '/api/v2/sequenceSteps',
    headers: { ...BEARER(sandbox), 'content-type': 'application/vnd.api+json' },
    body: JSON.stringify({
      data: {
        type: 'sequenceStep',
        attributes: { stepType: 'call', interval: 90_000 },
        relationships: { sequence: { data: { type: 'sequence', id: Number(sequence) } } },
      },
    }),
  }),
  salesloft: (sandbox, sequence) => ({
    method: 'POST',
    path: '/v2/cadence_imports',
    headers: { ...BEARER(sandbox), 'content-type': 'application/json' },
    body: JSON.stringify({
      cadence_content: {
        cadence_id: Number(sequence),
        step_groups: [
          {
            day: 2,
            automated: false,
            due_immediately: false,
            reference_id: 1,
            steps: [{ enabled: true, name: 'Call', type: 'Phone', type_settings: { instructions: '' } }],
          },
        ],
      },
    }),
  }),
  upscale: ({ credentials }) => ({
    method: 'GET',
    path: '/api/v2/sequences/get_sequences?sequence_length=short',
    headers: { 'api-key': credentials.api_key ?? '' },
  }),
  zendesk_sell: (sandbox) => ({
    method: 'GET',
    path: '/v2/sequences?per_page=1',
    headers: { ...BEARER(sandbox), 'user-agent': 'test' },
  }),
};

export function nativeCall(name: Provider, sandbox: Sandbox): NativeCall {
  return CALLS[name](sandbox, emptySequence(sandbox));
}

/** How many steps the provider holds in the sequence that {@link nativeCall} writes to. */
export function stored(sandbox: Sandbox): number {
  return sandbox.steps(emptySequence(sandbox)).length;
}

function emptySequence(sandbox: Sandbox): string {
  return sandbox.sequences().find(({ seed }) => seed === 'empty')?.id ?? '';
}
