/** Lists: every sequence once, in pages, forwards and back. */
import { expect, test } from 'vitest';
import { cursorTo } from '../support/cursors.ts';
import { CUSTOMER } from '../support/house.ts';
import type { Stage } from './stage.ts';

interface Page {
  readonly pagination: { readonly next: string | null; readonly previous: string | null };
  readonly records: readonly { readonly id: string; readonly name?: string }[];
}

export function listTests(stage: () => Stage): void {
  const list = async (query: string): Promise<Page> => {
    const { house, name } = stage();
    const answer = await house.ask(`/sequences?${query}`, {
      headers: { 'x-customer-id': CUSTOMER, 'x-provider-name': name },
    });
    expect(answer.status, answer.text).toBe(200);
    return answer.json as Page;
  };

  test('list: the pages together are what the sandbox holds, each once', async () => {
    const { sandbox } = stage();
    sandbox.reset();
    const seen: { id: string; name?: string }[] = [];
    let page = await list('page_size=2');
    expect(page.pagination.previous).toBeNull();
    for (seen.push(...page.records); page.pagination.next !== null; seen.push(...page.records)) {
      const before = page;
      page = await list(`page_size=2&cursor=${encodeURIComponent(page.pagination.next)}`);
      expect(page.records.length).toBeLessThanOrEqual(2);
      expect(page.pagination.previous).not.toBeNull();
      const back = await list(`page_size=2&cursor=${encodeURIComponent(page.pagination.previous ?? '')}`);
      expect(back.records).toEqual(before.records);
    }
    const held = sandbox.sequences().map(({ id, name }) => ({ id, name }));
    // A provider whose sequences have no names gives none.
    const named = seen.map(({ id, name = id }) => ({ id, name }));
    expect(named.toSorted(byId)).toEqual(held.toSorted(byId));
  });

  test('list: a cursor that no list gave is refused before any call', async () => {
    const { house, name, sandbox } = stage();
    sandbox.reset();
    const made = (parts: unknown): string => Buffer.from(JSON.stringify(parts)).toString('base64url');
    const list = [name, CUSTOMER, 'sequences'];
    for (const cursor of [
      'nonsense',
      cursorTo('elsewhere', '2'),
      cursorTo(name, '../../x'),
      cursorTo(name, ''),
      made([name, '2']),
      made({ list, size: 25, filters: {} }),
    ]) {
      const answer = await house.ask(`/sequences?cursor=${cursor}`, {
        headers: { 'x-customer-id': CUSTOMER, 'x-provider-name': name },
      });
      expect(answer.status, answer.text).toBe(400);
      expect(answer.json).toMatchObject({ errors: [{ code: 'INVALID_CURSOR', source: { parameter: 'cursor' } }] });
    }
    expect(sandbox.calls()).toEqual([]);
  });
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}
