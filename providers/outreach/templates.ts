/** Templates that are linked by their ids: each must be there, with what its email needs, before anything is written. */
import { ifThere, type Read, type Refusal } from '#provider';
import { oneAnswer } from './read.ts';
import type { Resource } from './resource.ts';

interface Linking {
  readonly word: string;
  readonly is_reply?: boolean | undefined;
  readonly template?: { readonly id?: string | undefined } | undefined;
}

/** Reads each template once; every step whose template cannot be linked to it is refused. */
export async function templateRefusals(steps: readonly Linking[], read: Read): Promise<readonly Refusal[]> {
  const found = new Map<string, Resource | undefined>();
  for (const id of new Set(steps.flatMap(({ template }) => template?.id ?? []))) {
    const answer = await ifThere(read.get(['templates', id], { response: oneAnswer }));
    found.set(id, answer?.data);
  }
  return steps.flatMap((linking, step): Refusal[] => {
    const id = linking.template?.id;
    if (id === undefined) return [];
    const at = { pointer: '/template/id', step };
    const template = found.get(id);
    if (!template) return [{ ...at, code: 'PROVIDER_RECORD_NOT_FOUND', detail: `Outreach has no template ${id}.` }];
    const lacks = lackOf(template, linking);
    if (lacks === undefined) return [];
    return [{ ...at, code: 'UNSUPPORTED_VALUE', detail: `The Outreach template ${id} has no ${lacks}.` }];
  });
}

/** The link is switched on, so what is empty would be sent like that. What Outreach does not show is not known to be empty. */
function lackOf({ attributes }: Resource, { word, is_reply: isReply = false }: Linking): string | undefined {
  if (!word.endsWith('_email')) return undefined;
  if (isBlank(attributes['bodyHtml'])) return 'body';
  return !isReply && isBlank(attributes['subject']) ? 'subject, and this email starts a thread' : undefined;
}

function isBlank(value: unknown): boolean {
  return value === null || (typeof value === 'string' && value.trim() === '');
}
