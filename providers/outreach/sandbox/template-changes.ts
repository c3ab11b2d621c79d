import { unprocessable, validationError } from './refusals.ts';
import type { TemplateChange, TemplateDraft } from './schemas.ts';
import { merged } from './state.ts';
import type { State, Template } from './state.ts';

export function addTemplate(state: State, { attributes, relationships = {} }: TemplateDraft, now: string): Template {
  const template: Template = {
    id: (state.lastId.template += 1),
    attributes: { ...attributes, ...archival(attributes.archived, now), createdAt: now, updatedAt: now },
    relationships,
  };
  state.templates.set(template.id, template);
  return template;
}

/** A template is shared by the steps that link it: the change shows in each of them. */
export function changeTemplate(state: State, template: Template, change: TemplateChange, now: string): void {
  const attributes = merged(template.attributes, change.attributes);
  const { archivedAt } = template.attributes;
  state.templates.set(template.id, {
    ...template,
    attributes: { ...attributes, ...archival(attributes.archived, archivedAt ?? now), updatedAt: now },
    relationships: merged(template.relationships, change.relationships),
  });
}

/** What a delete does to the links is not documented: refused while there is one, so its clean-up starts with the link. */
export function removeTemplate(state: State, template: Template): void {
  if ([...state.links.values()].some((link) => link.relationships.template.data.id === template.id)) {
    throw unprocessable(validationError("Template can't be deleted while a sequence step uses it."));
  }
  state.templates.delete(template.id);
}

const archival = (archived: boolean | undefined, at: string) =>
  archived === undefined ? {} : { archivedAt: archived ? at : null };
