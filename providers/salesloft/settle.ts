/**
 * Finding what an import has made whose answer never came. Salesloft has no idempotency keys: a cadence that was empty has
 * the steps of the import or none, a new one is known by its name and its time.
 */
import { z } from 'zod';
import type { IfUnknown } from '#provider';
import { cadencesAnswer } from './read.ts';
import { stepsAnswer } from './responses.ts';

/** Salesloft's clock may be behind ours. */
const SKEW_MS = 60_000;

interface Imported {
  data: { cadence: { id: number } };
}

export function importedInto(cadenceId: number, count: number): IfUnknown<Imported> {
  return async (read) => {
    const query = { cadence_id: cadenceId, per_page: 100 };
    const { data } = await read.get(['steps'], { query, response: stepsAnswer });
    const answer = { data: { cadence: { id: cadenceId } } };
    if (data.length === 0) return [];
    // Other steps than ours are there, or beside ours: somebody has to look.
    return data.length === Math.min(count, 100) ? [answer] : [answer, answer];
  };
}

const dated = z.object({ created_at: z.iso.datetime({ offset: true }) });

export function cadenceNamed(name: unknown): IfUnknown<Imported> {
  return async (read, { sent_at }) => {
    const query = { 'name[]': [String(name)], per_page: 100, sort_by: 'created_at', sort_direction: 'DESC' };
    const { data } = await read.get(['cadences'], { query, response: cadencesAnswer });
    return data.flatMap((cadence): Imported[] => {
      const made = dated.safeParse(cadence).data?.created_at;
      const isNew = made !== undefined && Date.parse(made) >= sent_at - SKEW_MS;
      return isNew && cadence.name === name ? [{ data: { cadence: { id: cadence.id } } }] : [];
    });
  };
}
