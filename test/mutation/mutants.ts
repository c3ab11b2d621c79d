import { ACCESS_MUTANTS } from './access.ts';
import { APOLLO_MUTANTS } from './apollo.ts';
import { CONSENT_MUTANTS } from './consent.ts';
import { JOURNAL_MUTANTS } from './journal.ts';
import { LIMIT_MUTANTS } from './limits.ts';
import { METRICS_MUTANTS } from './metrics.ts';
import { OAUTH_MUTANTS } from './oauth.ts';
import { UPKEEP_MUTANTS } from './upkeep.ts';

/**
 * Hand-written mistakes, each of a kind that somebody could make. `find` stands exactly once in the file; where the code
 * has moved on, the lane says so, and the mutant is written anew.
 */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly where: Where;
}

/** The fewest tests that must see a mutant: files, and a pattern of test names as vitest takes it. */
export interface Where {
  readonly tests: readonly string[];
  readonly pattern: string;
}

type Mistake = Pick<Mutant, 'name' | 'find' | 'replace'> & Partial<Pick<Mutant, 'where'>>;

const contract = (pattern: string): Where => ({ tests: ['test/contract.test.ts'], pattern });
const door = (name: string, pattern: string): Where => ({ tests: [`test/http/${name}.test.ts`], pattern });

const OUTREACH = contract('^outreach in the default world > (golden|type|field)');
const APOLLO = contract('^apollo in the default world > (golden|type|field)');
const SALESLOFT = contract('^salesloft in the default world > (golden|type|field)');
const GOLDENS = contract(' in the default world > golden');
const STRICT = contract(' in the default world > (golden|field)');
const TIME = contract(' in the default world > (golden|delays|what is rounded)');
const FIELDS = contract(' in the default world > (field|custom fields)');
const STATES = contract(' in the default world > (sequence_empty|earlier_email|a date|date_based|an order)');
const ACCESS = contract(' in the default world > (a sequence id|a template id|every call|a refused credential)');
const ERRORS = contract(' in the default world > (error|a write)');
const LOSSES = contract(' in the \\S+=fails world');

/** Warnings that the negotiation makes; those that compare keys, bodies or answers are made elsewhere. */
const NEGOTIATED_WARNINGS = [
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
  'SUBJECT_ERASED',
];

export const MUTANTS: readonly Mutant[] = [
  ...ACCESS_MUTANTS,
  ...JOURNAL_MUTANTS,
  ...LIMIT_MUTANTS,
  ...METRICS_MUTANTS,
  ...CONSENT_MUTANTS,
  ...OAUTH_MUTANTS,
  ...UPKEEP_MUTANTS,
  ...inFile('providers/outreach/calls.ts', OUTREACH, [
    { name: 'Outreach: the task note is not sent', find: 'taskNote: step.task_note,', replace: '' },
    {
      name: 'Outreach: the cc recipients are not sent',
      find: ' ccRecipients: template.cc,',
      replace: '',
    },
    { name: 'Outreach: bcc is sent as cc', find: 'bccRecipients: template.bcc', replace: 'bccRecipients: template.cc' },
    { name: 'Outreach: the order is not sent', find: 'order: step.order,', replace: '' },
    {
      name: 'Outreach: the date is not sent',
      find: 'date: step.date,',
      replace: '',
      where: contract('^outreach in the default world > (golden|date_based)'),
    },
    {
      name: 'Outreach: every email starts a thread',
      find: 'attributes: { isReply },',
      replace: 'attributes: { isReply: false },',
    },
    { name: 'Outreach: a key is misspelt', find: 'bodyHtml: template.body,', replace: 'bodyHTML: template.body,' },
    {
      name: 'Outreach: manual emails are created as automated ones',
      find: 'stepType: step.word,',
      replace: "stepType: step.word.replace('manual', 'auto'),",
    },
    {
      name: 'Outreach: the interval is sent in minutes',
      find: 'interval: step.interval_seconds,',
      replace: 'interval: step.interval_seconds && Math.ceil(step.interval_seconds / 60),',
      where: contract('^outreach in the default world > (golden|delays)'),
    },
    {
      name: 'Outreach: an interval of 0 is not sent',
      find: 'interval: step.interval_seconds,',
      replace: 'interval: step.interval_seconds || undefined,',
      where: contract('^outreach in the default world > (golden|delays)'),
    },
    {
      name: 'Outreach: a link that is off is not switched on',
      find: 'if (enabled === true) return;',
      replace: 'if (enabled !== undefined) return;',
    },
    {
      name: 'Outreach: a link that does not say whether it is on is taken to be on',
      find: '?? (await readBack(id, send, ifFailed))',
      replace: '?? true',
    },
    {
      name: 'Outreach: custom relationships are written into the attributes',
      find: 'if (!isObject(relationships)) return',
      replace: 'if (step >= 0) return',
    },
  ]),
  ...inFile('providers/outreach/settle.ts', door('outreach-settling', ''), [
    {
      name: 'Outreach: the old link of a step is taken for the new one',
      find: '!but.includes(each.id) && ',
      replace: '',
    },
    {
      name: 'Outreach: what nobody has sent is passed over',
      find: '|| isBlank(found.attributes[key])',
      replace: "|| key !== ''",
    },
    {
      name: 'Outreach: what was changed meanwhile is made again',
      find: 'alike: alike.map(({ id }) => id)',
      replace: 'alike: []',
    },
    {
      name: 'Outreach: a step that was pushed on is not known again',
      find: "key === 'order' || ",
      replace: '',
    },
    {
      name: 'Outreach: a template of anybody makes ours ambiguous',
      find: ' && !isForeign(kind, each, sent)',
      replace: '',
    },
  ]),
  ...inFile('providers/outreach/step-now.ts', door('outreach-changes', ''), [
    {
      name: 'Outreach: a link that is not shown counts as none',
      find: "&& isShown('sequenceTemplate', 'sequenceTemplates')",
      replace: '',
    },
    {
      name: 'Outreach: an older change puts its message beside a newer one',
      find: '.includes(id))) return false;',
      replace: '.includes(id))) return true;',
    },
    {
      name: 'Outreach: an older change switches on what was switched off since',
      find: ' && (on.length > 0 || !link.enabled)',
      replace: '',
    },
  ]),
  ...inFile('providers/outreach/responses.ts', door('outreach-changes', ''), [
    {
      name: 'Outreach: a sequence that says that it is off was activated',
      find: "z.literal(true, 'still disabled')",
      replace: 'z.boolean()',
    },
  ]),
  ...inFile('providers/outreach/index.ts', OUTREACH, [
    {
      name: 'Outreach: plain JSON as the media type',
      find: "'content-type': 'application/vnd.api+json'",
      replace: "'content-type': 'application/json'",
    },
    {
      name: 'Outreach: every sequence is taken to go by intervals',
      find: "sequence.data.attributes.sequenceType === 'date'",
      replace: "sequence.data.attributes.sequenceType === 'dates'",
      where: STATES,
    },
  ]),
  ...inFile('providers/outreach/templates.ts', door('batch', '^a template that is not there'), [
    {
      name: 'Outreach: a template id is linked unseen',
      find: 'if (!template) return [{',
      replace: 'if (!template) return [] ?? [{',
    },
    {
      name: 'Outreach: a missing template is the fault of every step',
      find: 'if (id === undefined) return [];',
      replace: 'if (id === undefined && [...found.values()].every(Boolean)) return [];',
    },
    {
      name: 'Outreach: a template without a subject starts a thread',
      find: "!isReply && isBlank(attributes['subject'])",
      replace: "isReply && isBlank(attributes['subject'])",
      where: door('outreach-templates', '^a template without what'),
    },
  ]),
  ...inFile('providers/outreach/errors.ts', ERRORS, [
    {
      name: 'Outreach: an error keeps its title and loses its detail',
      find: 'detail ?? details ?? title ?? code',
      replace: 'title ?? code',
    },
  ]),
  ...inFile('providers/apollo/calls.ts', APOLLO, [
    { name: 'Apollo: the note is not sent', find: 'note: step.task_note ?? null,', replace: 'note: null,' },
    { name: 'Apollo: a key is misspelt', find: 'body_html: template.body,', replace: 'bodyHtml: template.body,' },
    {
      name: 'Apollo: manual emails are created as automated ones',
      find: 'type: step.word,',
      replace: "type: step.word === 'manual_email' ? 'auto_email' : step.word,",
    },
    {
      name: 'Apollo: an hour is taken for a day',
      find: 'day: 86_400, hour: 3_600,',
      replace: 'day: 3_600, hour: 86_400,',
      where: contract('^apollo in the default world > (golden|delays)'),
    },
    {
      name: 'Apollo: minutes are called seconds',
      find: 'wait_mode: unit,',
      replace: "wait_mode: unit === 'minute' ? 'second' : unit,",
      where: contract('^apollo in the default world > (golden|delays)'),
    },
    {
      name: 'Apollo: every email starts a thread',
      find: "step.is_reply ? 'reply_to_thread' : 'new_thread'",
      replace: "'new_thread'",
    },
    {
      name: 'Apollo: a touch with content is not approved',
      find: '  await approve(touchId, send);\n',
      replace: '',
    },
  ]),
  ...inFile('providers/apollo/index.ts', APOLLO, [
    {
      name: 'Apollo: the step takes the position of the last one',
      find: 'position: last + 1 + index,',
      replace: 'position: last + index,',
    },
    {
      name: 'Apollo: any sequence is taken to have an earlier email',
      find: 'earlier_email: startsThread(campaign.emailer_steps)',
      replace: 'earlier_email: true',
      where: STATES,
    },
  ]),
  ...inFile('providers/apollo/create-refusals.ts', STATES, [
    {
      name: 'Apollo: an order that is taken is let through',
      find: 'order === undefined || order === next',
      replace: 'order === undefined || order <= next',
    },
  ]),
  ...APOLLO_MUTANTS,
  ...inFile('providers/apollo/facts.ts', APOLLO, [
    {
      name: 'Apollo: a subject is sent on a reply',
      find: "reply_subject: none('Apollo rejects a subject on a reply; the thread keeps its own.'),",
      replace: "reply_subject: native({ at: 'emailer_template.subject' }),",
    },
  ]),
  ...inFile('providers/apollo/responses.ts', contract('^apollo '), [
    {
      name: 'Apollo: an error inside a 200 passes for success',
      find: 'export const doneAnswer = z.object({ ...noError, errors: z.undefined().optional(), message: z.undefined().optional() });',
      replace: 'export const doneAnswer = z.object({});',
      where: door('writes', '^a 200 of Apollo'),
    },
  ]),
  ...inFile('providers/apollo/errors.ts', ERRORS, [
    {
      name: 'Apollo: a plan that lacks an endpoint is told to wait',
      find: "code: 'CONNECTION_LACKS_PERMISSION', not_executed: true",
      replace: 'not_executed: true',
    },
  ]),
  ...inFile('providers/salesloft/import.ts', SALESLOFT, [
    {
      name: 'Salesloft: the delay within the day is not sent',
      find: ', delay_time: (start % DAY) / 60 }',
      replace: ' }',
    },
    {
      name: 'Salesloft: the delay within the day is sent in seconds',
      find: 'delay_time: (start % DAY) / 60 }',
      replace: 'delay_time: start % DAY }',
      where: contract('^salesloft in the default world > (golden|delays)'),
    },
    {
      name: 'Salesloft: days count from 0',
      find: 'day: Math.floor(start / DAY) + 1,',
      replace: 'day: Math.floor(start / DAY),',
      where: contract('^salesloft in the default world > (golden|delays)'),
    },
    {
      name: 'Salesloft: manual emails are sent by themselves',
      find: '    automated,\n',
      replace: "    automated: type === 'Email',\n",
    },
    {
      name: 'Salesloft: steps are due immediately',
      find: 'due_immediately: false,',
      replace: 'due_immediately: true,',
    },
    {
      name: 'Salesloft: a substitute loses its message',
      find: '[step.task_note, message]',
      replace: '[step.task_note]',
    },
    {
      name: 'Salesloft: an inlined template loses its tracking',
      find: "...(typeof open === 'boolean' ? { open_tracking: open } : {}),",
      replace: '',
    },
    {
      name: 'Salesloft: a step of another name is taken',
      find: ' && native.name === ours.name',
      replace: '',
      where: door('finding', '^the id'),
    },
  ]),
  ...inFile('providers/salesloft/facts.ts', SALESLOFT, [
    {
      name: 'Salesloft: the name of a call is not filled in',
      find: "call: native({ at: 'step.name', fill_in: 'Call' }),",
      replace: "call: native({ at: 'step.name' }),",
    },
  ]),
  ...inFile('providers/salesloft/pair.ts', door('salesloft-reads', '.'), [
    {
      name: 'Salesloft: an id goes to a step of another name',
      find: String.raw`if (contents.map(exportedKey).join('\n') === listed.map(listedKey).join('\n'))`,
      replace: 'if (contents.length === listed.length)',
    },
    {
      name: 'Salesloft: one id for two steps that look alike',
      find: 'others.length === 0 && twins.get(key)?.length === 1',
      replace: 'others.length === 0',
    },
    {
      name: 'Salesloft: two ids, and the first is taken',
      find: 'others.length === 0 && twins.get(key)?.length === 1',
      replace: 'twins.get(key)?.length === 1',
    },
  ]),
  ...inFile('providers/salesloft/read.ts', door('salesloft-reads', '.'), [
    {
      name: 'Salesloft: what follows a step that starts early is shifted',
      find: 'previous = Math.max(previous, start)',
      replace: 'previous = start',
    },
    {
      name: 'Salesloft: an interval below nothing is not told',
      find: 'timed || since < 0',
      replace: 'timed',
    },
    {
      name: 'Salesloft: ids that are left over are not told',
      find: '!placed.has(each)',
      replace: 'false',
    },
  ]),
  ...inFile('providers/salesloft/inline.ts', SALESLOFT, [
    {
      name: 'Salesloft: a template that is not there is the fault of the first step',
      find: "{ pointer: '/template/id', step }",
      replace: "{ pointer: '/template/id', step: 0 }",
      where: door('salesloft-writes', '^a template'),
    },
    {
      name: 'Salesloft: a template without a subject starts a thread',
      find: '(reply || fetched.subject?.trim()) && fetched.body',
      replace: 'fetched.body',
      where: door('writes', '^a Salesloft template'),
    },
  ]),
  ...inFile('providers/salesloft/index.ts', SALESLOFT, [
    {
      name: 'Salesloft: nobody looks whether the cadence is empty',
      find: 'metadata.paging.total_count === 0',
      replace: 'metadata.paging.total_count >= 0',
      where: STATES,
    },
    {
      name: "Salesloft: the cadence's id is answered as that of the step",
      find: 'steps: steps.map(() => ({}))',
      replace: 'steps: steps.map(() => ({ id: sequence_id }))',
    },
    {
      name: 'Salesloft: the first of several steps is taken',
      find: 'isOurs(native, step, index)).map(({ id }) => id)',
      replace: 'isOurs(native, step, index)).map(({ id }) => id).slice(0, 1)',
      where: door('finding', '^the id'),
    },
  ]),
  ...inFile('providers/salesloft/errors.ts', ERRORS, [
    { name: 'Salesloft: only the first message of a refusal is told', find: '...flatten(errors)]', replace: ']' },
  ]),
  ...inFile('src/core/settle-thread.ts', contract('^salesloft in the default world > sequence'), [
    {
      name: 'Replies: the subject of a copied template is left out in silence',
      find: "inThread === true && support === 'lossy'",
      replace: "fellBack && support === 'lossy'",
    },
  ]),
  ...inFile('src/core/place.ts', TIME, [
    { name: 'Time: rounded down', find: 'Math.ceil(value / granularity)', replace: 'Math.floor(value / granularity)' },
    { name: 'Time: a fraction of a second is dropped', find: 'Math.ceil(asked)', replace: 'Math.floor(asked)' },
    {
      name: 'Time: a delay that does not fit into a day stays on that day',
      find: 'day + rest : day + DAY',
      replace: 'day + rest : day',
    },
    {
      name: 'Time: the greatest delay within a day goes to the next day',
      find: 'rest <= intoDay.max',
      replace: 'rest < intoDay.max',
      where: contract('^salesloft in the default world > (golden|delays)'),
    },
  ]),
  ...inFile('src/core/settle-schedule.ts', STATES, [
    {
      name: 'Time: a date alone is left out',
      find: 'if (interval === undefined) {',
      replace: 'if (interval === null) {',
    },
  ]),
  ...inFile('src/core/limits.ts', ACCESS, [
    {
      name: 'A text that is too long is let through',
      find: 'text.length > max)',
      replace: 'text.length > max * 2)',
      where: contract(' in the default world > a text'),
    },
    {
      name: 'Ids in the body are not looked at',
      find: 'isId && !provider.id.matches(String(value))',
      replace: "isId && value === ''",
    },
  ]),
  ...inFile(
    'src/core/draft.ts',
    GOLDENS,
    NEGOTIATED_WARNINGS.map((type) => ({
      name: `Warning swallowed: ${type}`,
      find: 'draft.warnings.push(',
      replace: `if (facts.type !== '${type}') draft.warnings.push(`,
    })),
  ),
  ...inFile('src/core/custom-fields.ts', FIELDS, [
    {
      name: 'Warning swallowed: CUSTOM_FIELD_OVERRIDES',
      find: 'collide(here, ours, value);',
      replace: '{}',
      where: GOLDENS,
    },
    {
      name: 'A forbidden custom field is let through below the top',
      find: "refused.includes(here.join('.'))",
      replace: 'refused.includes(key)',
    },
    { name: 'A custom field may reach the prototype', find: 'PROTOTYPE_KEYS.has(key) || ', replace: '' },
  ]),
  ...inFile('src/core/create-batch.ts', door('batch', '^a record that can still be made'), [
    {
      name: 'what comes after a record that can still be made is written all the same',
      find: 'if (mayCome) awaited ??= item;',
      replace: '',
    },
    {
      name: 'what was refused for good is tried again behind what was made since',
      find: '    journal.finish(result);\n    return { result };',
      replace: '    return { result };',
    },
  ]),
  ...inFile('src/core/prepare.ts', GOLDENS, [
    {
      name: 'Strict handling writes all the same',
      find: "const strict = handling === 'strict' ?",
      replace: 'const strict = refusals.length > 0 ?',
      where: STRICT,
    },
    {
      name: 'Strict handling lets a custom field override',
      find: 'refuse(task, misfitProblems(task, rehearsal), overrides);',
      replace: 'refuse(task, misfitProblems(task, rehearsal), []);',
    },
    {
      name: 'A dry run writes',
      find: 'const { rehearsal, warnings, known } = await prepare(task, upstream);',
      replace: `const { rehearsal, warnings, plan, known } = await prepare(task, upstream);
  await task.write(plan, known, writeWith(task.provider, upstream).send);`,
    },
  ]),
  ...inFile('src/core/create-steps.ts', GOLDENS, [
    {
      name: 'Warning swallowed: PROVIDER_CHANGED_VALUE',
      find: 'got === null || got === sent',
      replace: 'got !== undefined',
      where: door('writes', '^a value'),
    },
    {
      name: 'Emptiness is looked at and not minded',
      find: 'sequence_empty === false',
      replace: 'sequence_empty === undefined',
      where: STATES,
    },
  ]),
  ...inFile('src/core/policy.ts', STRICT, [
    {
      name: 'Strict handling refuses what was only told',
      find: "severity !== 'told'",
      replace: "severity !== 'never'",
    },
  ]),
  ...inFile('src/upstream/upstream.ts', ACCESS, [
    {
      name: 'The credentials are forgotten',
      find: ', [header]: scheme === undefined ? secret : `${scheme} ${secret}` }',
      replace: ' }',
    },
    {
      name: 'The scheme of the credentials is forgotten',
      find: 'scheme === undefined ? secret : `${scheme} ${secret}`',
      replace: "scheme === 'none' ? '' : secret",
    },
  ]),
  ...inFile('src/core/write.ts', LOSSES, [
    {
      name: 'Custom fields are not merged into the real call',
      find: 'const { call } = toCall(method, path, options);',
      replace: 'const { call } = toCall(method, path, { ...options, custom: [] });',
      where: GOLDENS,
    },
    {
      name: 'What exists after a failure is not listed',
      find: 'if (created) this.created.push',
      replace: 'if (!id && created) this.created.push',
    },
    {
      name: 'A step that is left off is told as refused',
      find: 'if (left === undefined)',
      replace: "if (left === undefined || problem.outcome !== 'created')",
      where: door('writes', '^a failure in the middle'),
    },
    {
      name: 'What exists after a failure is collected and not told',
      find: 'created.length > 0 ?',
      replace: 'created.length < 0 ?',
      where: door('writes', '^a failure in the middle'),
    },
  ]),
  ...inFile('src/model/form.ts', ACCESS, [
    { name: 'Ids may be any digits', find: 'POSITIVE.test(text)', replace: '/^\\d+$/.test(text)' },
  ]),
  ...inFile('src/model/form.ts', door('refused-values', '^the owner'), [
    { name: 'A number may become its neighbour', find: '&& Number.isSafeInteger(Number(text))', replace: '' },
  ]),
  ...inFile('src/http/tenant.ts', ACCESS, [
    {
      name: 'Ids may be any text of a path',
      find: 'if (provider.id.matches(id)) return id;',
      replace: "if (id !== '') return id;",
    },
    {
      name: 'A customer id may be any text',
      find: "return CUSTOMER_ID.test(value) && value !== '.'",
      replace: "return value !== '.'",
      where: door('headers', '^x-customer-id'),
    },
  ]),
  ...inFile('src/http/pages.ts', door('reads', '^pages'), [
    {
      name: 'A cursor of another list is accepted',
      find: 'String(position.list) !== String(list) ||',
      replace: '',
    },
    {
      name: 'A cursor may hold any text',
      find: '!operation.cursor.test(position.place)',
      replace: 'false',
    },
    {
      name: 'A cursor is used with another page size',
      find: '...(size === undefined ? {} : { page_size: size }), ...filters',
      replace: '...filters',
    },
    {
      name: 'A cursor is used with another filter',
      find: ': { page_size: size }), ...filters }',
      replace: ': { page_size: size }) }',
    },
    {
      name: 'A page is of the usual size whatever the cursor says',
      find: 'return { list, size: position.size, filters',
      replace: 'return { list, size: DEFAULT_PAGE_SIZE, filters',
    },
  ]),
  ...inFile('src/core/comparison.ts', door('apollo-changes', '^what was asked for of a step'), [
    { name: 'What is gone after a change is another form of it', find: ' && !isEmpty(found)', replace: '' },
    { name: 'What is as it was is another form of it', find: ' && !same(before, found)', replace: '' },
    {
      name: 'Warning swallowed: CHANGE_NOT_CONFIRMED',
      find: '...unconfirmed.map(',
      replace: '...unconfirmed.slice(1).map(',
    },
  ]),
  ...inFile('providers/apollo/keys.ts', door('apollo-changes', '^the whole list of a sequence'), [
    {
      name: "Apollo's list leaves out what is generated",
      find: "generation_tone: 'listed'",
      replace: "generation_tone: 'compared'",
    },
    {
      name: 'Apollo may lose what is no longer plain',
      find: 'isSet(value) && !rule.plain.includes(value)',
      replace: '!isSet(value)',
    },
  ]),
  ...inFile('src/core/compare-keys.ts', door('body-keys', '^unknown keys'), [
    {
      name: 'Warning swallowed: UNKNOWN_FIELD',
      find: 'if (known === undefined) found.push(',
      replace: 'if (known === undefined) [].push(',
    },
    {
      name: 'Unknown keys are looked for at the top alone',
      find: "else if (known !== 'open') below(key, known, object[key]);",
      replace: '',
    },
  ]),
  ...inFile('src/http/door.ts', door('overload', ''), [
    {
      name: 'What waited is begun for nobody',
      find: 'if (request.destroyed || response.destroyed) door.leave();',
      replace: 'if (request.destroyed && response.writableEnded) door.leave();',
    },
    {
      name: 'A scrape is refused like the rest',
      find: '(healthz|readyz|metrics)(',
      replace: '(healthz|readyz)(',
    },
    {
      name: 'One more than the bound is let in',
      find: 'if (inFlight >= maxInFlight || queue.length >= MAX_WAITING) {',
      replace: 'if (inFlight > maxInFlight || queue.length >= MAX_WAITING) {',
    },
    {
      name: 'Who comes goes before those who wait',
      find: 'if (!isDraining && begun < BEGIN_IN_A_TURN) {',
      replace: 'if (begun < BEGIN_IN_A_TURN) {',
    },
  ]),
  ...inFile('src/http/json.ts', door('repeated-keys', ''), [
    {
      name: 'Of a key that stands twice the last counts in silence',
      find: 'if (countKeys(value) !== keys) throw repeated(text);',
      replace: '',
    },
  ]),
  ...inFile('src/http/json.ts', door('body-size', '^size'), [
    {
      name: 'A body of a told length may be of any size',
      find: 'if (told !== undefined && Number(told) > MAX_BODY_BYTES) throw tooLarge();',
      replace: '',
    },
    { name: 'A body in chunks may be of any size', find: 'if (size > MAX_BODY_BYTES) throw tooLarge();', replace: '' },
    {
      name: 'A body may be of any content type',
      find: "if (type !== 'application/json' &&",
      replace: "if (type === '' &&",
      where: door('body-size', '^content type'),
    },
    {
      name: 'What cannot be parsed is quoted, with the secret in it',
      find: 'unreadable(c, placeOf(text, error))',
      replace: 'unreadable(c, String(error))',
      where: door('connections', '^a secret is never shown'),
    },
    {
      name: 'A body may be nested to any depth',
      find: 'if (keys !== undefined) return keys;',
      replace: 'return keys ?? 0;',
      where: door('body-keys', '^nesting'),
    },
  ]),
  ...inFile('src/http/input.ts', door('routes', '^dry_run'), [
    {
      name: 'Of a query parameter that is said twice the first counts',
      find: '(all[name]?.length ?? 0) > 1',
      replace: '(all[name]?.length ?? 0) > 2',
      where: door('routes', '^dry_run > said twice'),
    },
    {
      name: 'A misspelt query parameter is passed over',
      find: 'result.success && problems.length === 0',
      replace: 'result.success',
      where: door('routes', '^unknown query'),
    },
  ]),
  ...inFile('src/operations/carry-out.ts', door('writes', '^turns'), [
    {
      name: 'Turns are taken by sequence where the provider takes one write at a time',
      find: "provider.turn === 'sequence' && ",
      replace: '',
    },
  ]),
  ...inFile('src/http/write.ts', door('routes', '^dry_run > true'), [
    { name: 'dry_run=true is passed over', find: "dryRun === 'true'", replace: "dryRun === 'yes'" },
  ]),
  ...inFile('src/http/prefer.ts', door('prefer', '^strict handling'), [
    { name: 'handling=strict is passed over', find: '  return stated;', replace: "  return 'lenient';" },
  ]),
  ...inFile('src/http/caller.ts', door('headers', '^the API key'), [
    {
      name: 'Any API key opens the door',
      find: '  if (caller === null) {',
      replace: "  if (caller?.id === '') {",
    },
  ]),
  ...inFile('src/http/request-id.ts', door('request-id', '^the id'), [
    {
      name: 'A request id is echoed whatever it holds',
      find: "typeof given === 'string' && REQUEST_ID.test(given)",
      replace: "typeof given === 'string'",
    },
  ]),
  ...inFile('src/http/warnings.ts', door('headers', '^x-warning-count'), [
    {
      name: 'Warnings are not counted in the header',
      find: "sayHeader(c, 'x-warning-count', String(all.length));",
      replace: '',
    },
  ]),
  ...inFile('src/connections/connections.ts', door('credentials', '^what is stored counts at once > new'), [
    {
      name: 'An expired credential is used',
      find: 'expires_at <= now()',
      replace: 'expires_at <= 0',
      where: door('credentials', '^expires_at'),
    },
    {
      name: 'A credential that was replaced is used until its time in memory is over',
      find: 'store.put(key, input, now());\n    forget(key);',
      replace: 'store.put(key, input, now());',
    },
    {
      name: 'A connection that was deleted is used until its time in memory is over',
      find: 'store.remove(key);\n      forget(key);',
      replace: 'store.remove(key);',
    },
    {
      name: 'What was read before a change of the connection outlives it',
      find: 'if (changes === before) ',
      replace: '',
      where: { tests: ['test/connections/overtaken.test.ts'], pattern: '^credentials' },
    },
    {
      name: 'A credential of a kind that does not reach the operation is used',
      find: 'if (!accepted.includes(type)) throw',
      replace: 'if (accepted.length === 0) throw',
      where: door('credentials', '^a kind'),
    },
  ]),
  ...inFile('src/upstream/upstream.ts', ACCESS, [
    {
      name: 'A refused credential does not mark the connection',
      find: 'await credentials.refused(last);',
      replace: '{ void 0; }',
    },
  ]),
  ...inFile('src/store/connection-store.ts', door('credentials', '^what is stored counts at once > a refusal'), [
    {
      name: 'A late refusal marks credentials that have been replaced',
      find: ".where('credentials_id', '=', credentialsId)",
      replace: '',
    },
  ]),
  ...inFile('src/connections/vault.ts', door('sealed', 'cannot be opened$'), [
    {
      name: 'The vault does not mind whose credentials they are',
      find: 'JSON.stringify([VERSION, customer_id, provider])',
      replace: 'JSON.stringify([VERSION])',
    },
    {
      name: 'The vault minds the customer and not the provider',
      find: 'JSON.stringify([VERSION, customer_id, provider])',
      replace: 'JSON.stringify([VERSION, customer_id])',
    },
  ]),
  ...inFile('src/upstream/redact.ts', door('redaction', '^credentials'), [
    { name: 'A secret that the provider echoes is shown', find: "text.replaceAll(secret, '***')", replace: 'text' },
    {
      name: 'A secret that the provider echoes as a key is shown',
      find: 'String(redact(key, secrets, left))',
      replace: 'key',
    },
    {
      name: 'A secret is cut with the text before it is looked for',
      find: 'const clean = redact(body,',
      replace: "const clean = redact(typeof body === 'string' ? body.slice(0, MAX_SHOWN_CHARACTERS) : body,",
    },
    {
      name: 'Answers are shown in any size',
      find: 'text.length > MAX_SHOWN_CHARACTERS ?',
      replace: 'text.length < 0 ?',
    },
  ]),
  ...inFile('src/upstream/refusal.ts', ERRORS, [
    {
      name: 'A refused token is told as a refused request',
      find: "401: 'CONNECTION_NEEDS_REAUTH',",
      replace: "401: 'PROVIDER_REJECTED',",
    },
  ]),
  ...inFile('src/upstream/problem-of.ts', ERRORS, [
    { name: "The provider's own message is lost", find: 'if (messages.length > 0) return messages;', replace: '' },
    {
      name: 'A write that met a 5xx is not told as unknown',
      find: '(answer.status >= 500 || listed === undefined)',
      replace: 'answer.status >= 600',
    },
    {
      name: 'What a provider refused before doing it is told as unknown',
      find: 'writes && !reading.not_executed && (',
      replace: 'writes && (',
    },
    {
      name: 'A write that was answered unreadably is not told as unknown',
      find: "...(writes ? { outcome: 'unknown' as const } : {}),",
      replace: '',
    },
    {
      name: 'Retry-After is lost',
      find: '...retryAfter(toldPause(provider, answer, reading, call.now())),',
      replace: '',
      where: door('redaction', '^Retry-After'),
    },
    {
      name: 'A long Retry-After is passed on',
      find: 'Math.min(milliseconds, MAX_RETRY_AFTER_MS)',
      replace: 'milliseconds',
      where: door('redaction', '^Retry-After'),
    },
    {
      name: 'A write that was not answered is not told as unknown',
      find: "return { code, detail, outcome: 'unknown', ...base };",
      replace: 'return { code, detail, ...base };',
      where: door('upstream', '^no answer'),
    },
    {
      name: 'A write that was never sent is told like one that may have been carried out',
      find: "if (kind === 'not_sent') {",
      replace: "if (kind === 'not_sent' && !writes) {",
      where: door('upstream', '^nothing was sent: 503 > the name'),
    },
    {
      name: 'A read that broke is told as unknown',
      find: 'if (!writes) return { code, detail: `${what}.`, ...base };',
      replace: '',
      where: door('upstream', '^(no answer|an answer)'),
    },
  ]),
  ...inFile('src/core/native-pointer.ts', ERRORS, [
    {
      name: 'Errors point at nothing',
      find: 'return pointer === undefined || others.length > 0 ?',
      replace: 'return pointer !== undefined || others.length > 0 ?',
    },
  ]),
  ...inFile('src/upstream/exchange.ts', door('upstream', '^an answer that cannot'), [
    {
      name: 'A name that is not found is told as a broken connection',
      find: "  'ENOTFOUND',\n",
      replace: '',
      where: door('upstream', '^nothing was sent: 503 > the name'),
    },
    {
      name: 'An answer may be of any size',
      find: 'maxResponseSize: limits.maxAnswerBytes,',
      replace: '',
    },
  ]),
  ...inFile('src/upstream/dispatch-whole.ts', door('upstream', '^no answer'), [
    {
      name: 'An answer that never ends is waited for',
      find: 'this.controller?.abort(this.late);',
      replace: '',
    },
  ]),
  ...inFile('src/operations/turns.ts', door('writes', '^turns'), [
    { name: 'No turn is taken', find: 'if (!line) {', replace: 'if (!line || line.length >= 0) {' },
    { name: 'Any number of writes may wait', find: 'line.length >= maxWaiting', replace: 'line.length < 0' },
  ]),
  ...inFile('src/core/find-steps.ts', door('finding', '^the id'), [
    {
      name: 'A step that shows late is given up at once',
      find: 'const PATIENCE_MS = 10_000;',
      replace: 'const PATIENCE_MS = 100;',
    },
    {
      name: 'What was imported is not told where the look for it fails',
      find: 'throw untold(failure, provider, created);',
      replace: 'throw failure;',
    },
    {
      name: 'Several candidates are none',
      find: 'candidates.length > 1)',
      replace: 'candidates.length > 9)',
    },
  ]),
];

function inFile(file: string, where: Where, mistakes: readonly Mistake[]): readonly Mutant[] {
  return mistakes.map((mistake) => ({ file, where, ...mistake }));
}
