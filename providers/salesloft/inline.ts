/** Templates that are copied by value: Salesloft takes no template id in an import. */
import type { Read, Refusal } from '#provider';
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

/** Reads each template once. An email that starts a thread is refused where its template has no subject or no body. */
export async function readTemplates(
  steps: readonly Step[],
  read: Read,
): Promise<{ readonly known: { readonly templates: Templates }; readonly refusals: readonly Refusal[] }> {
  const templates: Record<string, Inlined> = {};
  for (const { template } of steps) {
    if (template?.id === undefined || templates[template.id]) continue;
    const { data } = await read.get(['email_templates', template.id], { response: templateAnswer });
    templates[template.id] = data;
  }
  const refusals = steps.flatMap(({ template, word, is_reply: reply }, step) => {
    const fetched = templates[template?.id ?? ''];
    if (!fetched || word.type !== 'Email' || ((reply || fetched.subject?.trim()) && fetched.body)) return [];
    const detail = `The Salesloft template ${template?.id ?? ''} has no ${fetched.body ? 'subject' : 'body'}, and this email starts a thread.`;
    return [{ code: 'UNSUPPORTED_VALUE' as const, pointer: '/template/id', detail, step }];
  });
  return { known: { templates }, refusals };
}
