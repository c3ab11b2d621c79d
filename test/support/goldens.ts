/** Goldens: wire forms typed by hand from public sources, one JSON file per theme in each provider's folder. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { PROVIDERS_FOLDER } from '../../src/core/registry.ts';

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

const ERRORS = 'errors.json';

export function readGoldens(provider: string, folder: URL = PROVIDERS_FOLDER): readonly Golden[] {
  return readFolder(new URL(`${provider}/goldens/`, folder));
}

/** Those of creating a sequence with its steps, in a folder of their own. */
export function readSequenceGoldens(provider: string, folder: URL = PROVIDERS_FOLDER): readonly Golden[] {
  const goldens = new URL(`${provider}/goldens/sequences/`, folder);
  return existsSync(goldens) ? readFolder(goldens) : [];
}

export function readGoldenErrors(provider: string, folder: URL = PROVIDERS_FOLDER): readonly GoldenError[] {
  return readJson(new URL(`${provider}/goldens/${ERRORS}`, folder)) as GoldenError[];
}

/** The text with every `{{requests[N].a.b}}` replaced by the value at that place in the answers; a quoted one by its JSON. */
export function resolvePlaceholders(text: string, answers: readonly unknown[]): string {
  const valueAt = (path: string): unknown =>
    path
      .replaceAll(/\[(\d+)\]/g, '.$1')
      .split('.')
      .slice(1)
      .reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key], answers);
  return text
    .replaceAll(/"\{\{([^{}"]+)\}\}"/g, (whole, path: string) =>
      path.startsWith('requests[') ? JSON.stringify(valueAt(path)) : whole,
    )
    .replaceAll(/\{\{(requests\[[^{}"]+)\}\}/g, (_, path: string) => String(valueAt(path)));
}

function readFolder(folder: URL): readonly Golden[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json') && file !== ERRORS);
  return files.toSorted().flatMap((file) => readJson(new URL(file, folder)) as Golden[]);
}

function readJson(url: URL): unknown {
  return JSON.parse(readFileSync(url, 'utf8'));
}
