import type { Answer } from './errors.ts';
import { importMessage, importProblems, invalid, notEmpty, notFound, refusal } from './errors.ts';
import { cadenceImportSchema } from './schemas.ts';
import { addCadence, fillCadence, runningOrder } from './state.ts';
import type { State } from './state.ts';
import { reference } from './views.ts';
import type { SalesloftWorld } from './worlds.ts';

/**
 * `POST /v2/cadence_imports`: a new cadence with its steps, or steps onto a cadence that has none. The answer names the
 * cadence and never a step. https://developers.salesloft.com/docs/api/cadence-imports-create
 */
export function importCadence(
  state: State,
  world: SalesloftWorld,
  now: number,
  request: { readonly contentType: string; readonly text: string },
): Answer {
  // Forms are said to be accepted but discouraged; how nested keys and types would be read is not known.
  if (!/^application\/json\s*(;|$)/i.test(request.contentType)) return refusal(415, 'Send application/json');
  const json = parseObject(request.text);
  if (!json) return refusal(400, 'The body is not a JSON object');
  const parsed = cadenceImportSchema(world.person_tags).safeParse(json, { error: importMessage });
  if (!parsed.success) return invalid(importProblems(parsed.error), world.validation_errors);

  const { settings, sharing_settings, cadence_content } = parsed.data;
  const { cadence_id, step_groups } = cadence_content;
  const existing = cadence_id === undefined ? undefined : state.cadences.get(cadence_id);
  if (cadence_id !== undefined && !existing) return notFound();
  if (existing && runningOrder(state, existing.id).length > 0) return notEmpty(world.not_empty_error);
  const cadence = existing ?? (settings && sharing_settings && addCadence(state, settings, sharing_settings, now));
  if (!cadence) return invalid([['settings', 'is required']]);

  const visibleFrom = now + (world.steps_visible_after === '2s' ? 2_000 : 0);
  fillCadence(state, cadence, { settings, sharing_settings, step_groups }, { now, visibleFrom });
  const status = world.import_status === '201' ? 201 : 200;
  return { status, body: { data: { cadence: reference('cadences', cadence.id) } } };
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
