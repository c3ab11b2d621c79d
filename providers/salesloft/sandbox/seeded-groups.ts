import type { StepGroup } from './schemas.ts';

/** One call on the first day. */
export const phoneGroup: StepGroup = {
  day: 1,
  automated: false,
  due_immediately: false,
  reference_id: 1,
  steps: [{ enabled: true, name: 'First call', type: 'Phone', type_settings: { instructions: 'Call and introduce' } }],
};

/** One automated email on the first day. */
export const emailGroup: StepGroup = {
  day: 1,
  automated: true,
  automated_settings: { send_type: 'after_time_delay', delay_time: 0 },
  due_immediately: false,
  reference_id: 1,
  steps: [
    {
      enabled: true,
      name: 'First email',
      type: 'Email',
      type_settings: { email_template: { title: 'First email', subject: 'Hello', body: '<p>Hello</p>' } },
    },
  ],
};

const variant = (name: string): StepGroup['steps'][number] => ({
  enabled: name === 'Variant A',
  name,
  type: 'Email',
  type_settings: { email_template: { title: name, subject: `Subject of ${name}`, body: `<p>${name}</p>` } },
});

/** What people build in Salesloft: two variants of an email, a timed reply, a LinkedIn step, two steps on one day. */
export const everyKind: readonly StepGroup[] = [
  {
    day: 1,
    automated: false,
    due_immediately: true,
    reference_id: 'g1',
    steps: [variant('Variant A'), variant('Variant B')],
  },
  {
    day: 3,
    automated: true,
    automated_settings: {
      send_type: 'at_time',
      time_of_day: '09:00',
      timezone_mode: 'person',
      allow_send_on_weekends: false,
    },
    due_immediately: false,
    reference_id: 'g2',
    steps: [
      {
        enabled: true,
        name: 'Bump',
        type: 'Email',
        type_settings: {
          previous_email_step_group_reference_id: 'g1',
          email_template: { title: 'Bump', body: '<p>Did you see this?</p>', open_tracking: true },
        },
      },
    ],
  },
  {
    day: 5,
    automated: false,
    due_immediately: false,
    reference_id: 'g3',
    steps: [
      {
        enabled: true,
        name: 'Connect on LinkedIn',
        type: 'Integration',
        // No public source names the ids of the LinkedIn integration; these are made up.
        type_settings: { instructions: 'Connect', integration_id: 9, integration_step_type_guid: 'sandbox-step-guid' },
      },
    ],
  },
  {
    day: 5,
    automated: false,
    due_immediately: false,
    reference_id: 'g4',
    steps: [{ enabled: true, name: 'Send a card', type: 'Other', type_settings: { instructions: 'By post' } }],
  },
];
