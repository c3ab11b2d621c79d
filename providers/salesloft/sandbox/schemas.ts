/**
 * The body of `POST /v2/cadence_imports`, closed at every depth. The vendor's pages on `settings`, `step-groups` and
 * `automated-settings` (https://developers.salesloft.com/docs/platform/cadence-imports/) are completed by
 * https://github.com/supaglue-labs/supaglue (`salesloft.openapi.ts`) and by what practitioners report; where they
 * differ, the stricter one is taken.
 */
import { z } from 'zod';
import { filled, tagged } from './tags.ts';
import type { SalesloftWorld } from './worlds.ts';

/** `person_tags` decides whether the recipient's tags pass in a subject and a body. */
export function cadenceImportSchema(personTags: SalesloftWorld['person_tags']) {
  const stepGroups = z.array(stepGroupSchema(tagged(personTags))).min(1);
  return z
    .strictObject({
      settings: settingsSchema.optional(),
      sharing_settings: sharingSettingsSchema.optional(),
      cadence_content: z.strictObject({
        cadence_id: z.int().min(1).optional(),
        step_groups: stepGroups.superRefine((groups, ctx) => {
          for (const problem of referenceProblems(groups)) ctx.addIssue({ code: 'custom', ...problem });
        }),
      }),
    })
    .superRefine((body, ctx) => {
      if (body.cadence_content.cadence_id !== undefined) return;
      if (!body.settings) ctx.addIssue({ code: 'custom', path: ['settings'], message: 'is required' });
      if (!body.sharing_settings) ctx.addIssue({ code: 'custom', path: ['sharing_settings'], message: 'is required' });
    });
}

export type CadenceImport = z.infer<ReturnType<typeof cadenceImportSchema>>;
export type Settings = NonNullable<CadenceImport['settings']>;
export type SharingSettings = NonNullable<CadenceImport['sharing_settings']>;
export type StepGroup = z.infer<ReturnType<typeof stepGroupSchema>>;
export type ImportedStep = StepGroup['steps'][number];

/** Documented as an optional string; seen required, as a number or a string. */
const referenceId = z.union([z.int(), filled]);

const settingsSchema = z.strictObject({
  name: filled,
  target_daily_people: z.int().min(0),
  remove_replied: z.boolean(),
  remove_bounced: z.boolean(),
  remove_people_when_meeting_booked: z.boolean().optional(),
  reschedule_from_pause_enabled: z.boolean().optional(),
  // The key must be there, null will do.
  external_identifier: z.string().nullable(),
  cadence_function: z.enum(['outbound', 'inbound', 'event', 'other']),
  cadence_priority: z.string().optional(),
  // The owner's email address, not an id.
  cadence_owner: z
    .string()
    .regex(/^\S+@\S+$/)
    .optional(),
  added_stage_setting: z.string().optional(),
  bounced_stage_setting: z.string().optional(),
  finished_stage_setting: z.string().optional(),
  replied_stage_setting: z.string().optional(),
  // Comma-separated, not an array.
  tags: z.string().optional(),
});

const sharingSettingsSchema = z.strictObject({ team_cadence: z.boolean(), shared: z.boolean() });

const automatedSettingsSchema = z
  .strictObject({
    send_type: z.enum(['at_time', 'after_time_delay']).optional(),
    time_of_day: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
      .optional(),
    timezone_mode: z.enum(['person', 'user']).optional(),
    delay_time: z.int().min(0).max(720).optional(),
    allow_send_on_weekends: z.boolean().optional(),
  })
  .superRefine((settings, ctx) => {
    for (const [key, sendType] of Object.entries(NEEDS_SEND_TYPE)) {
      const present = settings[key as keyof typeof NEEDS_SEND_TYPE] !== undefined;
      if (present === (settings.send_type === sendType)) continue;
      const message = present ? `is only valid with send_type ${sendType}` : 'is required';
      ctx.addIssue({ code: 'custom', path: [key], message });
    }
  });

const NEEDS_SEND_TYPE = { time_of_day: 'at_time', timezone_mode: 'at_time', delay_time: 'after_time_delay' } as const;

function stepGroupSchema(tagText: z.ZodString) {
  return z
    .strictObject({
      day: z.int().min(1),
      automated: z.boolean(),
      automated_settings: automatedSettingsSchema.optional(),
      due_immediately: z.boolean(),
      reference_id: referenceId,
      steps: z.array(stepSchema(tagText)).min(1),
    })
    .superRefine((group, ctx) => {
      const complain = (key: string, message: string) => {
        ctx.addIssue({ code: 'custom', path: [key], message });
      };
      if (!group.automated && group.automated_settings) {
        complain('automated_settings', 'is only valid when automated is true');
      }
      if (group.automated && !group.automated_settings) complain('automated_settings', 'is required');
      if (group.automated && group.steps.some((step) => step.type !== 'Email')) {
        complain('automated', 'can only be true if all steps are Email');
      }
    });
}

function stepSchema(tagText: z.ZodString) {
  const common = { enabled: z.boolean(), name: filled };
  const instructions = z.string();
  return z.discriminatedUnion('type', [
    z.strictObject({ ...common, type: z.literal('Email'), type_settings: emailSettingsSchema(tagText) }),
    z.strictObject({ ...common, type: z.literal('Phone'), type_settings: z.strictObject({ instructions }) }),
    z.strictObject({ ...common, type: z.literal('Other'), type_settings: z.strictObject({ instructions }) }),
    z.strictObject({
      ...common,
      type: z.literal('Integration'),
      type_settings: z.strictObject({ instructions, integration_id: z.int(), integration_step_type_guid: filled }),
    }),
  ]);
}

function emailSettingsSchema(tagText: z.ZodString) {
  return z
    .strictObject({
      previous_email_step_group_reference_id: referenceId.nullable().optional(),
      email_template: z.strictObject({
        title: filled,
        subject: tagText.optional(),
        body: tagText,
        open_tracking: z.boolean().optional(),
        click_tracking: z.boolean().optional(),
        attachments: z.array(z.record(z.string(), z.unknown())).optional(),
      }),
    })
    .superRefine(({ previous_email_step_group_reference_id: previous, email_template }, ctx) => {
      const reply = previous !== undefined && previous !== null;
      const path = ['email_template', 'subject'];
      if (!reply && email_template.subject === undefined) {
        ctx.addIssue({ code: 'custom', path, message: "can't be blank" });
      }
      // A reply's subject is "Re:" and that of the thread; one that is sent would double it.
      if (reply && email_template.subject !== undefined) {
        ctx.addIssue({ code: 'custom', path, message: 'is not allowed on a threaded email' });
      }
    });
}

function referenceProblems(groups: readonly StepGroup[]): { path: PropertyKey[]; message: string }[] {
  return groups.flatMap((group, at) => {
    const before = groups.slice(0, at);
    const taken = before.some((other) => String(other.reference_id) === String(group.reference_id));
    const wrong = group.steps.flatMap((step, index) => {
      const previous = step.type === 'Email' ? step.type_settings[PREVIOUS] : undefined;
      if (previous === undefined || previous === null) return [];
      const target = before.find((other) => other.reference_id === previous);
      if (target && target.day <= group.day && target.steps.every(({ type }) => type === 'Email')) return [];
      const path = [at, 'steps', index, 'type_settings', PREVIOUS];
      return [{ path, message: 'must be the reference_id of an earlier email step group' }];
    });
    return taken ? [{ path: [at, 'reference_id'], message: 'must be unique' }, ...wrong] : wrong;
  });
}

const PREVIOUS = 'previous_email_step_group_reference_id';
