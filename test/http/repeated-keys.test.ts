/** A key that stands twice in one object is refused: whichever counts, somebody has meant the other. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { houseOfFile, postStep, told } from './support.ts';

const house = await houseOfFile();

test.each([
  ['{"record":{"type":"call","type":"task","interval_seconds":90000,"interval_seconds":0}}', '/record/type'],
  ['{"record":{"type":"call"},"record":{"type":"call"}}', '/record'],
  [String.raw`{"record":{"type":"call","typ\u0065":"call"}}`, '/record/type'],
  ['{"record":{"type":"call","__proto__":1,"__proto__":{}}}', '/record/__proto__'],
  [
    '{"record":{"type":"call","custom_fields":{"list":[1,{"a":1},{"a/b":1,"a/b":1}]}}}',
    '/record/custom_fields/list/2/a~1b',
  ],
])('is refused, and nothing is sent: %s', async (text, pointer) => {
  const answer = await postStep(house, text);
  expect([answer.status, told(answer)]).toEqual([400, [`REPEATED_KEY ${pointer}`]]);
  expect(house.sandbox('outreach').calls()).toEqual([]);
});

test('is none where it stands in another object, or in a text', async () => {
  const note = String.raw`\"type\":\"task\", \\\":`;
  const custom = '{"type2":{"type":[{"a":1},{"a":":"}]}}';
  const text = `{"record":{"type":"call","task_note":"${note}","custom_fields":${custom}}}`;
  const answer = await postStep(house, text, { query: '?dry_run=true' });
  expect(answer.status, answer.text).toBe(200);
});

type Tree = string | number | boolean | null | readonly Tree[] | Members;
interface Members {
  readonly members: readonly (readonly [string, Tree])[];
}

const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 4 }), fc.constantFrom('":', ':', '{"a":1,"a":2}', '\\'));
// Not the backslash alone: once an object has had that key behind another one, `JSON.parse` of Node 24.21 takes `"\u0062"` and `"\""` for it in the same place.
const key = fc
  .oneof(fc.constantFrom('a', 'b', '', '0', '/', '~', '"', 'a\\', '__proto__'), text)
  .filter((name) => name !== '\\');
const { node } = fc.letrec<{ node: Tree; list: readonly Tree[]; object: Members }>((tie) => ({
  node: fc.oneof({ maxDepth: 5 }, fc.oneof(text, fc.constantFrom(null, true, 0.5)), tie('list'), tie('object')),
  list: fc.array(tie('node'), { maxLength: 3 }),
  object: fc
    .uniqueArray(fc.tuple(key, tie('node')), { selector: ([name]) => name, maxLength: 4 })
    .map((members) => ({ members })),
}));
const spaces = fc.constantFrom('', ' ', '\n\t ');

/** @param more what an object has beside its members */
function write(tree: Tree, space: string, more: (object: Members) => readonly string[] = () => []): string {
  const inner = (each: Tree): string => write(each, space, more);
  if (tree === null || typeof tree !== 'object') return JSON.stringify(tree);
  if (!('members' in tree)) return `[${space}${tree.map(inner).join(`${space},`)}${space}]`;
  const members = tree.members.map(([name, value]) => `${JSON.stringify(name)}${space}:${space}${inner(value)}`);
  return `{${space}${[...members, ...more(tree)].join(`,${space}`)}}`;
}

/** Every key of every object, with its pointer. */
function keysOf(
  tree: Tree,
  above = '',
): readonly { readonly object: Members; readonly name: string; readonly at: string }[] {
  if (tree === null || typeof tree !== 'object') return [];
  if (!('members' in tree)) return tree.flatMap((each, index) => keysOf(each, `${above}/${index}`));
  return tree.members.flatMap(([name, value]) => {
    const at = `${above}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return [{ object: tree, name, at }, ...keysOf(value, at)];
  });
}

const escaped = (name: string): string =>
  Array.from({ length: name.length }, (_, at) => `\\u${name.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');

test('no JSON without one is refused for it', async () => {
  await fc.assert(
    fc.asyncProperty(node, spaces, async (tree, space) => {
      const answer = await postStep(house, write({ members: [['record', tree]] }, space), { query: '?dry_run=true' });
      expect(answer.text).not.toContain('REPEATED_KEY');
    }),
    { numRuns: 300 },
  );
});

test('any JSON with one is refused, with its pointer', async () => {
  const cases = fc.record({ tree: node, space: spaces, pick: fc.nat(), value: node, spelt: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(cases, async ({ tree, space, pick, value, spelt }) => {
      const whole: Tree = { members: [['record', tree]] };
      const keys = keysOf(whole);
      const { object, name, at } = keys[pick % keys.length] ?? expect.unreachable();
      const again = `${spelt ? `"${escaped(name)}"` : JSON.stringify(name)}:${space}${write(value, space)}`;
      const answer = await postStep(
        house,
        write(whole, space, (each) => (each === object ? [again] : [])),
      );
      expect([answer.status, told(answer)]).toEqual([400, [`REPEATED_KEY ${at}`]]);
    }),
    { numRuns: 300 },
  );
});
