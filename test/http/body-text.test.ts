/** Text goes through unchanged, whatever it is made of: what was sent is what the provider has stored. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StoredStep } from '../../src/sandbox.ts';
import type {} from '../support/house.ts';
import { bodyOf, createStep, houseOfFile, resetSandboxes, sequenceOf, warned } from './support.ts';

const house = await houseOfFile();

const TEXTS = [
  ['accents', 'Zoë Ångström ß ı İ'],
  ['composed and decomposed', '\u00e9 e\u0301'],
  ['other scripts', '李雷 Дмитрий Ελένη'],
  ['emoji of several code points', '🎉 👩‍👩‍👧‍👦 🇳🇴 👍🏽'],
  ['right to left, with overrides', 'שלום \u202Eevil\u202C مرحبا'],
  ['a lone high surrogate', 'a\ud800b'],
  ['a lone low surrogate', 'a\udfffb'],
  ['surrogates in the wrong order', '\udc00\ud800'],
  ['the last code point', '\u{10ffff}\ufffe\uffff'],
  ['NUL and other controls', 'a\u0000b\u0001\u001f\u007f\u0080'],
  ['line ends', 'a\r\nb\nc\u2028d\u2029e\u0085f'],
  ['invisible characters', '\ufeffa\u200bb\u00adc\u2060'],
  ['spaces at the ends', '  a\t '],
  ['JSON and HTML', '"\\/<script>&amp;</script>\'{"a":1}'],
  ['percent and plus', '%00 %0d%0a + %E4 %'],
  ['words of JavaScript', '__proto__ constructor null undefined NaN'],
] as const;

/** Any sequence of UTF-16 code units, braces left out: those would be template variables. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0xff_ff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units).replaceAll(/[{}]/g, ''));

/** Creates an email that has the text wherever the provider takes one, and answers with what is stored. */
async function storeEmail(provider: string, text: string): Promise<StoredStep['native']> {
  resetSandboxes(house);
  const template = { name: `t${text}`, subject: `s${text}`, body: `<p>b${text}</p>` };
  const answer = await createStep(
    house,
    { type: 'auto_email', name: `n${text}`, task_note: text, template },
    { provider },
  );
  expect(answer.status, answer.text).toBe(201);
  const sandbox = house.sandbox(provider);
  const stored = sandbox.steps(sequenceOf(sandbox)).find(({ id }) => id === bodyOf(answer).record?.id);
  const lost = (bodyOf(answer).warnings ?? []).filter(({ from }) => from !== undefined);
  for (const { from } of lost) expect([`t${text}`, `n${text}`, text]).toContain(from);
  return stored?.native ?? {};
}

async function expectVerbatim(text: string): Promise<void> {
  const outreach = await storeEmail('outreach', text);
  expect(outreach['template']).toMatchObject({ name: `t${text}`, subject: `s${text}`, bodyHtml: `<p>b${text}</p>` });
  expect(outreach['sequenceStep']).toMatchObject({ taskNote: text });
  const apollo = await storeEmail('apollo', text);
  expect(apollo['emailer_template']).toMatchObject({ subject: `s${text}`, body_html: `<p>b${text}</p>` });
  expect(apollo['emailer_step']).toMatchObject({ note: text });
  const salesloft = await storeEmail('salesloft', text);
  expect(salesloft['email_template']).toEqual({ title: `t${text}`, subject: `s${text}`, body: `<p>b${text}</p>` });
  expect(salesloft['step']).toMatchObject({ name: `n${text}` });
}

describe('text is stored as it was sent', () => {
  test.each(TEXTS)('%s', async (_, text) => {
    await expectVerbatim(text);
  });

  test('any text', async () => {
    await fc.assert(fc.asyncProperty(anyText, expectVerbatim), { numRuns: 60 });
  });

  test('in custom fields, keys and values', async () => {
    const tags = TEXTS.map(([, text]) => text);
    const answer = await createStep(house, {
      type: 'auto_email',
      template: { subject: 's', body: 'b', custom_fields: { tags } },
    });
    expect(answer.status, answer.text).toBe(201);
    expect(house.sandbox('outreach').steps('18').at(0)?.native['template']?.['tags']).toEqual(tags);
  });

  test('in a preview', async () => {
    for (const [, text] of TEXTS) {
      const answer = await createStep(house, { type: 'call', task_note: text }, { query: '?dry_run=true' });
      expect(bodyOf(answer).requests).toMatchObject([{ body: { data: { attributes: { taskNote: text } } } }]);
    }
  });

  test('a key that nobody knows is told as it was spelt', async () => {
    for (const [, text] of TEXTS) {
      const answer = await createStep(house, { type: 'call', [`x${text}`]: 1 });
      expect(warned(answer)).toEqual([`UNKNOWN_FIELD /record/x${text.replaceAll('~', '~0').replaceAll('/', '~1')}`]);
    }
  });
});
