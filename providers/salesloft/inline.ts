/** Templates that are copied by value: Salesloft takes no template id in an import. */
import { ifThere, type Read, type Refusal } from '#provider';
import type { Step } from './facts.ts';
import { templateAnswer } from './responses.ts';

export interface Inlined {
  readonly title?: string | null | undefined;
  readonly subject?: string | null | undefined;
  readonly body?: string | null | undefined;
  readonly open_tracking_enabled?: boolean | null | undefined;
  readonly click_tracking_enabled?: boolean | null | undefined;
}

/** By their ids. */
export type Templates = Readonly<Record<string, Inlined>>;

/** Reads each template once. Those that are not there are refused, and those without what the email needs. */
export async function readTemplates(
  steps: readonly Step[],
  read: Read,
): Promise<{ readonly known: { readonly templates: Templates }; readonly refusals: readonly Refusal[] }> {
  const templates: Record<string, Inlined> = {};
  for (const id of new Set(steps.flatMap(({ template }) => template?.id ?? []))) {
    const answer = await ifThere(read.get(['email_templates', id], { response: templateAnswer }));
    if (answer) templates[id] = answer.data;
  }
  const refusals = steps.flatMap(({ template, word, is_reply: reply }, step): Refusal[] => {
    if (template?.id === undefined) return [];
    const at = { pointer: '/template/id', step };
    const fetched = templates[template.id];
    if (!fetched) {
      const detail = `Salesloft has no email template ${template.id}.`;
      return [{ ...at, code: 'PROVIDER_RECORD_NOT_FOUND', detail }];
    }
    if (word.type !== 'Email' || ((reply || fetched.subject?.trim()) && fetched.body)) return [];
    const lacks = fetched.body ? 'subject, and this email starts a thread' : 'body';
    return [{ ...at, code: 'UNSUPPORTED_VALUE', detail: `The Salesloft template ${template.id} has no ${lacks}.` }];
  });
  return { known: { templates }, refusals };
}
