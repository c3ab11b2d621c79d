/**
 * The bodies that write an email template, closed. Every key that a template is read with and written without is
 * refused. https://developers.salesloft.com/docs/api/email-templates-create
 */
import { z } from 'zod';
import { filled, tagged } from './tags.ts';
import type { SalesloftWorld } from './worlds.ts';

/** `POST /v2/email_templates`. Which of the texts may be left out is not documented. */
export function newTemplateSchema(personTags: SalesloftWorld['person_tags']) {
  return z.strictObject(writable(personTags));
}

/** `PUT /v2/email_templates/{id}`: what is left out stays. */
export function templateChangeSchema(personTags: SalesloftWorld['person_tags']) {
  return z.strictObject({
    ...z.strictObject(writable(personTags)).partial().shape,
    shared: z.boolean().optional(),
    archived_at: z.iso.datetime({ offset: true }).optional(),
  });
}

export type NewTemplate = z.infer<ReturnType<typeof newTemplateSchema>>;
export type TemplateChange = z.infer<ReturnType<typeof templateChangeSchema>>;

function writable(personTags: SalesloftWorld['person_tags']) {
  const text = tagged(personTags);
  return {
    title: filled,
    subject: text,
    body: text,
    open_tracking: z.boolean().optional(),
    click_tracking: z.boolean().optional(),
    // There is no attachment whose id could be given.
    attachment_ids: z.array(z.int()).max(0, 'is invalid').optional(),
  };
}
