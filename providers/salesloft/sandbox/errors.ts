import type { z } from 'zod';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { SalesloftWorld } from './worlds.ts';

/** A JSON answer on its way out. */
export interface Answer {
  readonly status: ContentfulStatusCode;
  readonly body: object;
}

/** What is wrong with one field: its key as Salesloft spells it, dotted, and the message. */
export type Problem = readonly [key: string, message: string];

/**
 * The envelope of 401, 403 and 404, taken for 400 and 415 too.
 * https://developers.salesloft.com/docs/platform/api-basics/request-response-format
 */
export function refusal(status: ContentfulStatusCode, error: string): Answer {
  return { status, body: { error } };
}

/** No record with this id. The text is not documented. */
export function notFound(): Answer {
  return refusal(404, 'Not Found');
}

/** The 422 envelope: field -> array of messages. Same page as above. */
export function invalid(problems: readonly Problem[], nesting: SalesloftWorld['validation_errors'] = 'flat'): Answer {
  const errors = Object.create(null) as Tree;
  for (const [key, message] of problems) addMessage(errors, nesting === 'flat' ? [key] : key.split('.'), message);
  return { status: 422, body: { errors } };
}

/** The refusal of an import onto a cadence that has steps: the status is certain, key and text are not documented. */
export function notEmpty(shape: SalesloftWorld['not_empty_error']): Answer {
  const text = 'already has steps';
  if (shape === 'errors') return invalid([['cadence_id', text]]);
  // The other body that a public client reads: https://github.com/amp-labs/connectors (providers/salesloft/errors.go).
  return { status: 422, body: { status: 422, error: `Cadence ${text}` } };
}

/** The problems of a body, under the keys by which people have seen them reported. */
export function bodyProblems(error: z.ZodError): Problem[] {
  return error.issues.flatMap((issue): Problem[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => [reportedKey([...issue.path, key]), 'is not a valid field'])
      : [[reportedKey(issue.path), issue.message]],
  );
}

/** For `safeParse(body, { error: bodyMessage })`: zod's complaint in Salesloft's words, where those are known. */
export function bodyMessage(issue: z.core.$ZodRawIssue): string {
  const sharing = issue.path?.[0] === 'sharing_settings' && issue.path.length > 1;
  if (issue.code === 'invalid_union' && issue.discriminator) return 'must be Email, Phone, Other or Integration';
  if (issue.input === undefined) return sharing ? 'must be true or false' : 'is required';
  if (issue.code === 'invalid_type') return `must be ${NOUNS[issue.expected] ?? `of type ${issue.expected}`}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  if (issue.code === 'too_small') {
    return issue.origin === 'array' ? "can't be blank" : `must be greater than or equal to ${issue.minimum}`;
  }
  if (issue.code === 'too_big') return `must be less than or equal to ${issue.maximum}`;
  return 'is invalid';
}

const NOUNS: Readonly<Record<string, string>> = {
  boolean: 'true or false',
  int: 'an integer',
  number: 'an integer',
  string: 'a string',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

interface Tree {
  [key: string]: Tree | string[];
}

/**
 * Seen: `sharing_settings.shared`, `step_groups.reference_id`, but `external_identifier` without `settings` and `body`
 * without its way through the step. Keys that nobody has reported follow the same pattern.
 */
function reportedKey(path: readonly PropertyKey[]): string {
  const words = path.filter((part) => typeof part !== 'number').map(String);
  const template = words.indexOf('email_template') + 1;
  if (template > 0 && template < words.length) return words.slice(template).join('.');
  const bare = words.length > 1 && (words[0] === 'settings' || words[0] === 'cadence_content');
  return (bare ? words.slice(1) : words).join('.') || 'base';
}

function addMessage(tree: Tree, [head = 'base', ...rest]: readonly string[], message: string): void {
  const here = tree[head];
  if (rest.length > 0) {
    const below: Tree =
      here === undefined ? (Object.create(null) as Tree) : Array.isArray(here) ? { base: here } : here;
    tree[head] = below;
    addMessage(below, rest, message);
  } else if (here === undefined) tree[head] = [message];
  else if (!Array.isArray(here)) addMessage(here, ['base'], message);
  else if (!here.includes(message)) here.push(message);
}
