import { z } from 'zod';
import type { SalesloftWorld } from './worlds.ts';

/** A text that is not blank. */
export const filled = z.string().regex(/\S/, "can't be blank");

/** A text that is not blank and whose dynamic tags Salesloft knows. */
export function tagged(personTags: SalesloftWorld['person_tags']): z.ZodString {
  return filled.superRefine((text, ctx) => {
    const wrong = [...text.matchAll(/\{\{(.*?)\}\}/gs)].filter(([, tag = '']) => {
      return tag !== SENDER_TAG && !(personTags === 'accepted' && PERSON_TAGS.includes(tag));
    });
    if (wrong.length === 0) return;
    const message = `contains invalid dynamic tags ${wrong.map(([whole]) => whole).join(', ')}`;
    ctx.addIssue({ code: 'custom', message });
  });
}

/** The only tag that is reported to work without contradiction. */
const SENDER_TAG = 'My.first_name';
const PERSON_TAGS: readonly string[] = ['first_name', 'last_name', 'title', 'company', 'city', 'state'];
