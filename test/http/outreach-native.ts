/** What somebody else does in Outreach, at its own door. */
import { expect } from 'vitest';
import type { House } from '../support/house.ts';

export interface Native {
  readonly id: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly relationships: Readonly<Record<string, { readonly data?: { readonly id: number } | null }>>;
}

/** A moment later; answers with the `data` of what came back. */
export async function native<T = Native>(house: House, method: string, path: string, data?: object): Promise<T> {
  house.clock.pass(1_000);
  const { app, origin, credentials } = house.sandbox('outreach');
  const answer = await app.request(`${origin}/api/v2/${path}`, {
    method,
    headers: { authorization: `Bearer ${credentials.access_token}`, 'content-type': 'application/vnd.api+json' },
    ...(data ? { body: JSON.stringify({ data }) } : {}),
  });
  expect(answer.status).toBeLessThan(300);
  return ((await answer.json()) as { data: T }).data;
}

export function made(house: House, type: string, attributes: object, relationships: object = {}): Promise<Native> {
  return native(house, 'POST', `${type}s`, { type, attributes, relationships });
}

export function changed(house: House, type: string, id: number, attributes: object): Promise<Native> {
  return native(house, 'PATCH', `${type}s/${id}`, { type, id, attributes });
}

export const tie = (type: string, id: number) => ({ [type]: { data: { type, id } } });

export type LinkRow = readonly [id: number, isOn: unknown, isReply: unknown, template: number | undefined];

/** The links of the step, oldest first. */
export async function linksOf(house: House, step: number): Promise<readonly LinkRow[]> {
  const found = await native<readonly Native[]>(house, 'GET', `sequenceTemplates?filter[sequenceStep][id]=${step}`);
  return found.map(({ id, attributes: { enabled, isReply }, relationships }) => [
    ...([id, enabled, isReply] as const),
    relationships['template']?.data?.id,
  ]);
}
