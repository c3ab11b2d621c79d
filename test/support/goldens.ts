/** Goldens: wire forms typed by hand from public sources, one JSON file per theme in each provider's folder. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { PROVIDERS_FOLDER } from '../../src/core/provider-files.ts';

export interface GoldenRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  /** The call depends on an answer. */
  readonly conditional?: true;
  /** Whether a conditional call is made in the sandbox's default world. */
  readonly made?: boolean;
}

export interface Golden {
  readonly name: string;
  readonly source: string;
  /** Absent where the sequence itself is created. */
  readonly sequence_id?: string;
  readonly strict?: boolean;
  readonly record: Readonly<Record<string, unknown>>;
  readonly reads: readonly string[];
  readonly requests?: readonly GoldenRequest[];
  readonly finds?: readonly string[];
  readonly warnings?: readonly { readonly problem_type: string; readonly pointer: string }[];
  readonly errors?: readonly { readonly code: string; readonly pointer?: string }[];
}

/** One of a provider's own error answers, and what a caller must be told. */
export interface GoldenError {
  readonly name: string;
  readonly source: string;
  readonly answer: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
  readonly expect: { readonly status: number; readonly code: string; readonly says: string; readonly pointer?: string };
}

const pointed = { pointer: z.string().startsWith('/').exactOptional() };
const verb = z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
const path = z.string().startsWith('/');

/** What happens before a change: a request at the gateway's door, or at the provider's own, as its other users do. */
const setupSchema = z.strictObject({
  at: z.literal('provider').exactOptional(),
  method: verb,
  path,
  body: z.unknown().exactOptional(),
});

/**
 * One change of a step or, with `"change": "sequence"`, of a sequence itself. Strings may hold `{{setup[N].a.b}}`, a
 * value of the answer to a setup request, and expected requests `{{requests[N].a.b}}` as everywhere.
 */
const changeSchema = z
  .strictObject({
    name: z.string().min(1),
    source: z.string().min(1),
    sequence_id: z.string().min(1),
    step_id: z.string().min(1).exactOptional(),
    change: z.literal('sequence').exactOptional(),
    strict: z.literal(true).exactOptional(),
    setup: z.array(setupSchema).min(1).exactOptional(),
    record: z.record(z.string(), z.unknown()),
    /** Exact; a refusal may leave it out, and then any call is right that only reads. */
    reads: z.array(z.string().regex(/^(GET|POST) \//)).exactOptional(),
    requests: z
      .array(
        z.strictObject({
          method: verb,
          path,
          body: z.unknown().exactOptional(),
          conditional: z.literal(true).exactOptional(),
          made: z.boolean().exactOptional(),
        }),
      )
      .min(1)
      .exactOptional(),
    warnings: z
      .array(z.strictObject({ problem_type: z.string(), pointer: z.string().startsWith('/') }))
      .exactOptional(),
    errors: z
      .array(z.strictObject({ code: z.string(), ...pointed }))
      .min(1)
      .exactOptional(),
    /** What the provider is made to answer to a call of the real run, without doing it. */
    forced: z
      .array(z.strictObject({ method: verb, path, status: z.int(), body: z.unknown() }))
      .min(1)
      .exactOptional(),
    /** How the real run ends after its calls, where a dry run cannot know that. */
    failure: z.strictObject({ status: z.int().min(400), code: z.string() }).exactOptional(),
  })
  .superRefine(({ step_id, change, errors, reads, requests, warnings, forced, failure }, context) => {
    const tell = (wrong: boolean, message: string): void => {
      if (wrong) context.addIssue({ code: 'custom', message });
    };
    tell((step_id === undefined) === (change === undefined), 'either a step or a sequence is changed');
    tell((errors === undefined) === (requests === undefined), 'a change is refused or has requests');
    tell(requests !== undefined && (reads === undefined || warnings === undefined), 'requests need reads and warnings');
    tell(errors !== undefined && (warnings ?? failure ?? forced) !== undefined, 'a refusal has nothing but errors');
    tell(forced !== undefined && failure === undefined, 'a forced answer is for a failure');
    tell(
      requests?.some((each) => each.made !== undefined && !each.conditional) === true,
      'made is for conditional calls',
    );
  });

export type ChangeGolden = z.output<typeof changeSchema>;
export type GoldenSetup = z.output<typeof setupSchema>;

const ERRORS = 'errors.json';

export function readGoldens(provider: string, folder: URL = PROVIDERS_FOLDER): readonly Golden[] {
  return readFolder(new URL(`${provider}/goldens/`, folder));
}

/** Those of creating a sequence with its steps, in a folder of their own. */
export function readSequenceGoldens(provider: string, folder: URL = PROVIDERS_FOLDER): readonly Golden[] {
  const goldens = new URL(`${provider}/goldens/sequences/`, folder);
  return existsSync(goldens) ? readFolder(goldens) : [];
}

/** Those of changing a step or a sequence. */
export function readChangeGoldens(provider: string, folder: URL = PROVIDERS_FOLDER): readonly ChangeGolden[] {
  const goldens = new URL(`${provider}/goldens/changes/`, folder);
  return existsSync(goldens) ? z.array(changeSchema).parse(readFolder(goldens)) : [];
}

/** The golden with the values of what was set up before it in its places. */
export function afterSetup(golden: ChangeGolden, answers: readonly unknown[]): ChangeGolden {
  const resolved = JSON.parse(resolvePlaceholders(JSON.stringify(golden), answers, 'setup')) as ChangeGolden;
  const { step_id } = golden;
  return step_id === undefined ? resolved : { ...resolved, step_id: resolvePlaceholders(step_id, answers, 'setup') };
}

export function readGoldenErrors(provider: string, folder: URL = PROVIDERS_FOLDER): readonly GoldenError[] {
  return readJson(new URL(`${provider}/goldens/${ERRORS}`, folder)) as GoldenError[];
}

/** The text with every `{{requests[N].a.b}}` replaced by the value at that place in the answers; a quoted one by its JSON. */
export function resolvePlaceholders(text: string, answers: readonly unknown[], list = 'requests'): string {
  const valueAt = (path: string): unknown =>
    path
      .replaceAll(/\[(\d+)\]/g, '.$1')
      .split('.')
      .slice(1)
      .reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key], answers);
  const isOurs = (path: string): boolean => path.startsWith(`${list}[`);
  return text
    .replaceAll(/"\{\{([^{}"]+)\}\}"/g, (whole, path: string) => (isOurs(path) ? JSON.stringify(valueAt(path)) : whole))
    .replaceAll(/\{\{([a-z]+\[[^{}"]+)\}\}/g, (whole, path: string) => (isOurs(path) ? String(valueAt(path)) : whole));
}

function readFolder(folder: URL): readonly Golden[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json') && file !== ERRORS);
  return files.toSorted().flatMap((file) => readJson(new URL(file, folder)) as Golden[]);
}

function readJson(url: URL): unknown {
  return JSON.parse(readFileSync(url, 'utf8'));
}
