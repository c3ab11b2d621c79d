/**
 * Hand-written mistakes, each of a kind that somebody could make. `find` stands exactly once in the file; where code has
 * moved on, the lane says so, and the mutant is written anew.
 */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** The fewest test files that must see it. */
  readonly tests: readonly string[];
  /** Which of their tests to run, as vitest's test name pattern; all of them when absent. */
  readonly pattern?: string;
}

const contract = (pattern: string): Pick<Mutant, 'tests' | 'pattern'> => ({
  tests: ['test/contract.test.ts'],
  pattern,
});
const OUTREACH = contract('^outreach in the default world > (golden|type|field)');
const APOLLO = contract('^apollo in the default world > (golden|type|field)');
const SALESLOFT = contract('^salesloft in the default world > (golden|type|field)');
const GOLDENS = contract(' in the default world > golden');
const STRICT = contract(' in the default world > (golden|field)');
const TIME = contract(' in the default world > (delays|what is rounded)');
const FIELDS = contract(' in the default world > (field|custom fields)');
const STATES = contract(' in the default world > (sequence_empty|earlier_email|a date|date_based|an order)');
const ACCESS = contract(' in the default world > (a sequence id|a template id|every call|a refused credential)');
const ERRORS = contract(' in the default world > (error|a write)');
const LOSSES = contract(' in the \\S+=fails world');

const outreachCalls: readonly Mutant[] = [
  {
    name: 'Outreach: the task note is not sent',
    file: 'providers/outreach/calls.ts',
    find: 'taskNote: step.task_note,',
    replace: '',
    ...OUTREACH,
  },
  {
    name: 'Outreach: the cc recipients are not sent',
    file: 'providers/outreach/calls.ts',
    find: 'ccRecipients: template.cc,\n          bcc',
    replace: 'bcc',
    ...OUTREACH,
  },
  {
    name: 'Outreach: bcc is sent as cc',
    file: 'providers/outreach/calls.ts',
    find: 'bccRecipients: template.bcc',
    replace: 'bccRecipients: template.cc',
    ...OUTREACH,
  },
  {
    name: 'Outreach: the order is not sent',
    file: 'providers/outreach/calls.ts',
    find: 'order: step.order,',
    replace: '',
    ...OUTREACH,
  },
  {
    name: 'Outreach: the date is not sent',
    file: 'providers/outreach/calls.ts',
    find: 'date: step.date,',
    replace: '',
    ...contract('^outreach in the default world > (golden|date_based)'),
  },
  {
    name: 'Outreach: every email starts a thread',
    file: 'providers/outreach/calls.ts',
    find: 'attributes: { isReply },',
    replace: 'attributes: { isReply: false },',
    ...OUTREACH,
  },
  {
    name: 'Outreach: a key is misspelt',
    file: 'providers/outreach/calls.ts',
    find: 'bodyHtml: template.body,',
    replace: 'bodyHTML: template.body,',
    ...OUTREACH,
  },
  {
    name: 'Outreach: manual emails are created as automated ones',
    file: 'providers/outreach/calls.ts',
    find: 'stepType: step.word,',
    replace: "stepType: step.word.replace('manual', 'auto'),",
    ...OUTREACH,
  },
  {
    name: 'Outreach: the interval is sent in minutes',
    file: 'providers/outreach/calls.ts',
    find: 'interval: step.interval_seconds,',
    replace: 'interval: step.interval_seconds && Math.ceil(step.interval_seconds / 60),',
    ...contract('^outreach in the default world > (golden|delays)'),
  },
  {
    name: 'Outreach: an interval of 0 is not sent',
    file: 'providers/outreach/calls.ts',
    find: 'interval: step.interval_seconds,',
    replace: 'interval: step.interval_seconds || undefined,',
    ...contract('^outreach in the default world > (golden|delays)'),
  },
  {
    name: 'Outreach: a link that is off is not switched on',
    file: 'providers/outreach/calls.ts',
    find: 'if (enabled === true) return;',
    replace: 'if (enabled !== undefined) return;',
    ...OUTREACH,
  },
  {
    name: 'Outreach: a link that does not say whether it is on is taken to be on',
    file: 'providers/outreach/calls.ts',
    find: '?? (await readBack(id, send))',
    replace: '?? true',
    ...OUTREACH,
  },
  {
    name: 'Outreach: custom relationships are written into the attributes',
    file: 'providers/outreach/calls.ts',
    find: 'if (!isObject(relationships)) return',
    replace: 'if (step >= 0) return',
    ...OUTREACH,
  },
];

const outreachRest: readonly Mutant[] = [
  {
    name: 'Outreach: plain JSON as the media type',
    file: 'providers/outreach/index.ts',
    find: "'content-type': 'application/vnd.api+json'",
    replace: "'content-type': 'application/json'",
    ...OUTREACH,
  },
  {
    name: 'Outreach: every sequence is taken to go by intervals',
    file: 'providers/outreach/index.ts',
    find: "sequence.data.attributes.sequenceType === 'date'",
    replace: "sequence.data.attributes.sequenceType === 'dates'",
    ...STATES,
  },
  {
    name: 'Outreach: a template id is linked unseen',
    file: 'providers/outreach/index.ts',
    find: 'steps.flatMap(({ template }) => template?.id ?? [])',
    replace: 'steps.flatMap(() => [])',
    ...OUTREACH,
  },
  {
    name: 'Outreach: an error keeps its title and loses its detail',
    file: 'providers/outreach/errors.ts',
    find: 'detail ?? details ?? title',
    replace: 'title',
    ...ERRORS,
  },
];

const apollo: readonly Mutant[] = [
  {
    name: 'Apollo: the note is not sent',
    file: 'providers/apollo/calls.ts',
    find: 'note: step.task_note ?? null,',
    replace: 'note: null,',
    ...APOLLO,
  },
  {
    name: 'Apollo: a key is misspelt',
    file: 'providers/apollo/calls.ts',
    find: 'body_html: template.body,',
    replace: 'bodyHtml: template.body,',
    ...APOLLO,
  },
  {
    name: 'Apollo: manual emails are created as automated ones',
    file: 'providers/apollo/calls.ts',
    find: 'type: step.word,',
    replace: "type: step.word === 'manual_email' ? 'auto_email' : step.word,",
    ...APOLLO,
  },
  {
    name: 'Apollo: an hour is taken for a day',
    file: 'providers/apollo/calls.ts',
    find: 'day: 86_400, hour: 3_600,',
    replace: 'day: 3_600, hour: 86_400,',
    ...contract('^apollo in the default world > (golden|delays)'),
  },
  {
    name: 'Apollo: minutes are called seconds',
    file: 'providers/apollo/calls.ts',
    find: 'wait_mode: unit,',
    replace: "wait_mode: unit === 'minute' ? 'second' : unit,",
    ...contract('^apollo in the default world > (golden|delays)'),
  },
  {
    name: 'Apollo: every email starts a thread',
    file: 'providers/apollo/calls.ts',
    find: "step.is_reply ? 'reply_to_thread' : 'new_thread'",
    replace: "'new_thread'",
    ...APOLLO,
  },
  {
    name: 'Apollo: a touch with content is not approved',
    file: 'providers/apollo/calls.ts',
    find: "  await send.post(['emailer_touches', touchId, 'approve'], { response: doneAnswer, sample: {}, switches_on: true });\n",
    replace: '',
    ...APOLLO,
  },
  {
    name: 'Apollo: the step takes the position of the last one',
    file: 'providers/apollo/index.ts',
    find: 'position: last + 1 + index,',
    replace: 'position: last + index,',
    ...APOLLO,
  },
  {
    name: 'Apollo: an order that is taken is let through',
    file: 'providers/apollo/index.ts',
    find: 'if (order === undefined || order === next) return [];',
    replace: 'if (order === undefined || order <= next) return [];',
    ...STATES,
  },
  {
    name: 'Apollo: any sequence is taken to have an earlier email',
    file: 'providers/apollo/index.ts',
    find: 'earlier_email: startsThread(campaign)',
    replace: 'earlier_email: true',
    ...STATES,
  },
  {
    name: 'Apollo: a subject is sent on a reply',
    file: 'providers/apollo/index.ts',
    find: "reply_subject: none('Apollo rejects a subject on a reply; the thread keeps its own.'),",
    replace: "reply_subject: native({ at: 'emailer_template.subject' }),",
    ...APOLLO,
  },
  {
    name: 'Apollo: an error inside a 200 passes for success',
    file: 'providers/apollo/responses.ts',
    find: 'export const doneAnswer = z.object(noError);',
    replace: 'export const doneAnswer = z.object({});',
    tests: ['test/contract.test.ts'],
    pattern: '^apollo ',
  },
  {
    name: 'Apollo: a plan that lacks an endpoint is told to wait',
    file: 'providers/apollo/errors.ts',
    find: "code: 'CONNECTION_LACKS_PERMISSION', not_executed: true",
    replace: 'not_executed: true',
    ...ERRORS,
  },
];

const salesloft: readonly Mutant[] = [
  {
    name: 'Salesloft: the delay within the day is not sent',
    file: 'providers/salesloft/import.ts',
    find: ', delay_time: (start % DAY) / 60 }',
    replace: ' }',
    ...SALESLOFT,
  },
  {
    name: 'Salesloft: the delay within the day is sent in seconds',
    file: 'providers/salesloft/import.ts',
    find: 'delay_time: (start % DAY) / 60 }',
    replace: 'delay_time: start % DAY }',
    ...contract('^salesloft in the default world > (golden|delays)'),
  },
  {
    name: 'Salesloft: days count from 0',
    file: 'providers/salesloft/import.ts',
    find: 'day: Math.floor(start / DAY) + 1,',
    replace: 'day: Math.floor(start / DAY),',
    ...contract('^salesloft in the default world > (golden|delays)'),
  },
  {
    name: 'Salesloft: manual emails are sent by themselves',
    file: 'providers/salesloft/import.ts',
    find: '    automated,\n',
    replace: "    automated: type === 'Email',\n",
    ...SALESLOFT,
  },
  {
    name: 'Salesloft: steps are due immediately',
    file: 'providers/salesloft/import.ts',
    find: 'due_immediately: false,',
    replace: 'due_immediately: true,',
    ...SALESLOFT,
  },
  {
    name: 'Salesloft: a substitute loses its message',
    file: 'providers/salesloft/import.ts',
    find: '[step.task_note, message]',
    replace: '[step.task_note]',
    ...SALESLOFT,
  },
  {
    name: 'Salesloft: an inlined template loses its tracking',
    file: 'providers/salesloft/import.ts',
    find: "...(typeof open === 'boolean' ? { open_tracking: open } : {}),",
    replace: '',
    ...SALESLOFT,
  },
  {
    name: 'Salesloft: nobody looks whether the cadence is empty',
    file: 'providers/salesloft/index.ts',
    find: 'metadata.paging.total_count === 0',
    replace: 'metadata.paging.total_count >= 0',
    ...STATES,
  },
  {
    name: "Salesloft: the cadence's id is answered as that of the step",
    file: 'providers/salesloft/index.ts',
    find: 'steps: steps.map(() => ({}))',
    replace: 'steps: steps.map(() => ({ id: sequence_id }))',
    ...SALESLOFT,
  },
  {
    name: 'Salesloft: a fill-in is not told',
    file: 'providers/salesloft/index.ts',
    find: "call: native({ at: 'step.name', fill_in: 'Call' }),",
    replace: "call: native({ at: 'step.name' }),",
    ...SALESLOFT,
  },
  {
    name: 'Salesloft: only the first message of a refusal is told',
    file: 'providers/salesloft/errors.ts',
    find: '...flatten(errors)]',
    replace: ']',
    ...ERRORS,
  },
];

const time: readonly Mutant[] = [
  {
    name: 'Time: rounded down',
    file: 'src/core/place.ts',
    find: 'Math.ceil(value / granularity)',
    replace: 'Math.floor(value / granularity)',
    ...TIME,
  },
  {
    name: 'Time: a fraction of a second is dropped',
    file: 'src/core/place.ts',
    find: 'Math.ceil(asked)',
    replace: 'Math.floor(asked)',
    ...TIME,
  },
  {
    name: 'Time: a delay that does not fit into a day stays on that day',
    file: 'src/core/place.ts',
    find: 'day + rest : day + DAY',
    replace: 'day + rest : day',
    ...TIME,
  },
  {
    name: 'Time: the greatest delay within a day goes to the next day',
    file: 'src/core/place.ts',
    find: 'rest <= intoDay.max',
    replace: 'rest < intoDay.max',
    ...contract('^salesloft in the default world > (golden|delays)'),
  },
  {
    name: 'Time: a date alone is left out',
    file: 'src/core/negotiate.ts',
    find: 'if (interval === undefined) {',
    replace: 'if (interval === null) {',
    ...STATES,
  },
];

/** Which warnings would be missed; UNKNOWN_FIELD and the two that compare with the wire are made elsewhere. */
const SWALLOWED = [
  'FIELD_NOT_SUPPORTED',
  'NOT_APPLICABLE',
  'INTERVAL_ROUNDED',
  'VALUE_DEFAULTED',
  'TEMPLATE_VARIABLE_UNVERIFIED',
  'TYPE_SUBSTITUTED',
  'TEMPLATE_INLINED',
  'STEP_WITHOUT_CONTENT',
  'REPLY_AS_NEW_THREAD',
  'DATE_NOT_APPLIED',
  'INTERVAL_NOT_APPLIED',
];

const warnings: readonly Mutant[] = [
  ...SWALLOWED.map((type) => ({
    name: `Warning swallowed: ${type}`,
    file: 'src/core/negotiate.ts',
    find: 'draft.warnings.push(',
    replace: `if (facts.type !== '${type}') draft.warnings.push(`,
    ...GOLDENS,
  })),
  {
    name: 'Warning swallowed: CUSTOM_FIELD_OVERRIDES',
    file: 'src/core/custom-fields.ts',
    find: 'collide(here, ours, value);',
    replace: '{}',
    ...GOLDENS,
  },
];

const handling: readonly Mutant[] = [
  {
    name: 'Strict handling writes all the same',
    file: 'src/core/create-steps.ts',
    find: "if (handling === 'strict') found",
    replace: 'if (found.length > 0) found',
    ...STRICT,
  },
  {
    name: 'Strict handling lets a custom field override',
    file: 'src/core/create-steps.ts',
    find: 'refuse(request, { ...negotiated, warnings: overrides });',
    replace: '',
    ...GOLDENS,
  },
  {
    name: 'Strict handling refuses what was only told',
    file: 'src/core/policy.ts',
    find: "severity !== 'told'",
    replace: "severity !== 'never'",
    ...STRICT,
  },
  {
    name: 'A dry run writes',
    file: 'src/core/create-steps.ts',
    find: 'const { rehearsal, warnings } = await prepare(request, upstream);',
    replace: `const { rehearsal, warnings, plan, known } = await prepare(request, upstream);
  await request.operation.write(plan, known, writeWith(request.provider, upstream).send);`,
    ...GOLDENS,
  },
  {
    name: 'A dry run shows the credentials',
    file: 'src/upstream/upstream.ts',
    find: 'outgoing(reach, call, HIDDEN)',
    replace: 'outgoing(reach, call, reach.credential.secret)',
    ...ACCESS,
  },
  {
    name: 'Custom fields are not merged into the real call',
    file: 'src/core/write.ts',
    find: 'toCall(method, path, options).call',
    replace: 'toCall(method, path, { ...options, custom: [] }).call',
    ...GOLDENS,
  },
];

const guards: readonly Mutant[] = [
  {
    name: 'Emptiness is looked at and not minded',
    file: 'src/core/create-steps.ts',
    find: 'look?.holds?.sequence_empty === false',
    replace: 'look?.holds?.sequence_empty === null',
    ...STATES,
  },
  {
    name: 'A forbidden custom field is let through below the top',
    file: 'src/core/custom-fields.ts',
    find: "refused.includes(here.join('.'))",
    replace: 'refused.includes(key)',
    ...FIELDS,
  },
  {
    name: 'A custom field may reach the prototype',
    file: 'src/core/custom-fields.ts',
    find: 'PROTOTYPE_KEYS.has(key) || ',
    replace: '',
    ...FIELDS,
  },
  {
    name: 'A text that is too long is let through',
    file: 'src/core/negotiate.ts',
    find: 'value.length > max)',
    replace: 'value.length > max * 2)',
    ...contract(' in the default world > a text'),
  },
  {
    name: 'Ids may be any digits',
    file: 'src/provider.ts',
    find: '/^[1-9]\\d{0,15}$/.test(id)',
    replace: '/^\\d+$/.test(id)',
    ...ACCESS,
  },
  {
    name: 'Ids may be any text of a path',
    file: 'src/http/tenant.ts',
    find: 'if (provider.id.matches(id)) return id;',
    replace: "if (id !== '') return id;",
    ...ACCESS,
  },
  {
    name: 'Ids in the body are not looked at',
    file: 'src/core/negotiate.ts',
    find: "field === 'template.id' && !provider.id.matches",
    replace: "field === 'template.name' && !provider.id.matches",
    ...ACCESS,
  },
  {
    name: 'A cursor of another provider is accepted',
    file: 'src/http/cursor.ts',
    find: "from === provider && typeof place === 'string' && encodeCursor(provider, place) === cursor",
    replace: "typeof place === 'string'",
    ...contract(' in the default world > list'),
  },
  {
    name: 'A cursor may hold any text',
    file: 'src/http/cursor.ts',
    find: 'place !== undefined && pattern.test(place)',
    replace: 'place !== undefined',
    ...contract(' in the default world > list'),
  },
];

const credentials: readonly Mutant[] = [
  {
    name: 'The credentials are forgotten',
    file: 'src/upstream/upstream.ts',
    find: '[header]: scheme === undefined ? secret : `${scheme} ${secret}`,',
    replace: '',
    ...ACCESS,
  },
  {
    name: 'The scheme of the credentials is forgotten',
    file: 'src/upstream/upstream.ts',
    find: 'scheme === undefined ? secret : `${scheme} ${secret}`',
    replace: "scheme === 'none' ? '' : secret",
    ...ACCESS,
  },
  {
    name: 'A refused credential does not mark the connection',
    file: 'src/http/tenant.ts',
    find: 'if (isRefusedCredential(error)) await',
    replace: 'if (error === undefined) await',
    ...ACCESS,
  },
];

const failures: readonly Mutant[] = [
  {
    name: "The provider's own message is lost",
    file: 'src/upstream/problem-of.ts',
    find: 'reading.messages.length > 0',
    replace: 'reading.messages.length < 0',
    ...ERRORS,
  },
  {
    name: 'A write that met a 5xx is not told as unknown',
    file: 'src/upstream/problem-of.ts',
    find: 'answer.status >= 500',
    replace: 'answer.status >= 600',
    ...ERRORS,
  },
  {
    name: 'What a provider refused before doing it is told as unknown',
    file: 'src/upstream/problem-of.ts',
    find: 'writes && !reading.not_executed && answer',
    replace: 'writes && answer',
    ...ERRORS,
  },
  {
    name: 'A write that was answered unreadably is not told as unknown',
    file: 'src/upstream/problem-of.ts',
    find: "    ...(writes ? { outcome: 'unknown' as const } : {}),\n",
    replace: '',
    ...ERRORS,
  },
  {
    name: 'A refused token is told as a refused request',
    file: 'src/upstream/problem-of.ts',
    find: "401: 'CONNECTION_NEEDS_REAUTH',",
    replace: "401: 'PROVIDER_REJECTED',",
    ...ERRORS,
  },
  {
    name: 'Errors point at nothing',
    file: 'src/upstream/native-pointer.ts',
    find: 'return field === undefined ?',
    replace: 'return field !== undefined ?',
    ...ERRORS,
  },
  {
    name: 'Retry-After is lost',
    file: 'src/upstream/problem-of.ts',
    find: '    ...retryAfter(answer),\n',
    replace: '',
    ...ERRORS,
  },
  {
    name: 'What exists after a failure is not listed',
    file: 'src/core/write.ts',
    find: 'if (options.creates && id !== undefined) created.push',
    replace: 'if (options.creates && id === undefined) created.push',
    ...LOSSES,
  },
  {
    name: 'What exists after a failure is collected and not told',
    file: 'src/core/write.ts',
    find: 'created.length === 0 ? problem',
    replace: 'created.length >= 0 ? problem',
    ...LOSSES,
  },
  {
    name: 'A step that shows late is given up at once',
    file: 'src/core/find-steps.ts',
    find: 'const PATIENCE_MS = 10_000;',
    replace: 'const PATIENCE_MS = 100;',
    ...contract('^salesloft in the other world > type'),
  },
];

export const MUTANTS: readonly Mutant[] = [
  ...outreachCalls,
  ...outreachRest,
  ...apollo,
  ...salesloft,
  ...time,
  ...warnings,
  ...handling,
  ...guards,
  ...credentials,
  ...failures,
];
