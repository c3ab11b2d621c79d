/** Request bodies for the document, to be sent as they are: what a page would put together from the schemas alone has everything at once, and is refused. */

const email = { type: 'auto_email', interval_seconds: 86_400, template: { subject: 'Hi', body: '<p>Hi</p>' } };
const call = { type: 'call', interval_seconds: 172_800, task_note: 'Ask about the trial' };

export const EXAMPLES = {
  create_step: { record: email },
  create_steps: { records: [email, call] },
  create_sequence: { record: { name: 'Q3 outbound', steps: [email, call] } },
  update_step: { record: { interval_seconds: 259_200 } },
  update_sequence: { record: { name: 'Q4 outbound' } },
} as const;
