/** What a handler answers; a string is sent as text/plain, anything else as JSON. */
export interface Reply {
  readonly status: 200 | 400 | 401 | 403 | 404 | 422 | 429;
  readonly body: unknown;
}

export function ok(body: unknown): Reply {
  return { status: 200, body };
}

/** Apollo's usual error shape. Wording that no source gives is the sandbox's own. */
export function refuse(status: Exclude<Reply['status'], 200>, error: string, errorCode?: string): Reply {
  return { status, body: errorCode === undefined ? { error } : { error, error_code: errorCode } };
}

export function noSuchRecord(): Reply {
  return refuse(404, 'Record not found.');
}

/** The documented 429 of a spent budget has a `message` and not an `error` (https://docs.apollo.io/reference, 2026-08). */
export function tooManyCalls(endpoint: string, limit: number, window: 'minute' | 'hour' | 'day'): Reply {
  const message = `The maximum number of api calls allowed for ${endpoint} is ${limit} times per ${window}. Please upgrade your plan from https://app.apollo.io/#/settings/plans/upgrade.`;
  return { status: 429, body: { message } };
}

/** The other 429, documented for creating and for updating a sequence (same place). */
export function alreadyProcessing(): Reply {
  return refuse(429, 'We are already processing the request for your sequence');
}

/** What is answered with 422; at first what Apollo documents (https://docs.apollo.io/reference, 2026-08). */
export const TEXTS = {
  alreadyActive: 'The sequence is already active.',
  alreadyInactive: 'The sequence is already inactive.',
  noStepToRun: 'Please make sure you have added at least 1 step before turning on the sequence.',
  noWait: 'Wait time must not be empty',
  emptySchedule:
    'The schedule you are trying to attach to this sequence is empty. You cannot attach an empty schedule to the sequence',
  blankOnCreate: 'Please make sure your template has content before turning it on.',
  blankOnUpdate: 'Please make sure your template has a non-empty body before turning it on.',
  // Two public clients of 2026 were answered these by the documented update.
  noSteps: 'At least one step is required for the sequence.',
  noTemplate: 'At least one template is required for a sequence step',
  // Ruby's own message, leaked; two public clients report it for a touch, with PUT and with PATCH.
  nilTemplate: "undefined method '[]' for nil",
  // From here on the rules are documented or seen, and the wording is the sandbox's own.
  replyWithoutThread: 'reply_to_thread must follow a step that starts a thread',
  subjectOnReply: 'subject is not permitted for reply_to_thread',
  priorityOnAutoEmail: 'priority is not permitted for auto_email',
  archived: 'The sequence is archived.',
} as const;
