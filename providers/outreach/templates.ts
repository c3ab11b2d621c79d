/** Templates that are linked by their ids: each must be there before anything is written. */
import { ifThere, type Read, type Refusal } from '#provider';
import { resourceAnswer } from './responses.ts';

type Linking = readonly { readonly template?: { readonly id?: string | undefined } | undefined }[];

/** Reads each template once; every step whose template Outreach does not have is refused. */
export async function missingTemplates(steps: Linking, read: Read): Promise<readonly Refusal[]> {
  const missing = new Set<string>();
  for (const id of new Set(steps.flatMap(({ template }) => template?.id ?? []))) {
    if (!(await ifThere(read.get(['templates', id], { response: resourceAnswer })))) missing.add(id);
  }
  return steps.flatMap(({ template: { id = '' } = {} }, step) => {
    if (!missing.has(id)) return [];
    const detail = `Outreach has no template ${id}.`;
    return [{ code: 'PROVIDER_RECORD_NOT_FOUND', pointer: '/template/id', detail, step } as const];
  });
}
