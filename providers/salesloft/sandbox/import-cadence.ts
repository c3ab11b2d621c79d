import { readObject } from './body.ts';
import type { WrittenBody } from './body.ts';
import type { Answer, Problem } from './errors.ts';
import { bodyMessage, bodyProblems, invalid, notEmpty, notFound } from './errors.ts';
import { cadenceImportSchema } from './schemas.ts';
import type { CadenceImport } from './schemas.ts';
import { addCadence, fillCadence, runningOrder } from './state.ts';
import type { State } from './state.ts';
import { reference } from './wire.ts';
import type { SalesloftWorld } from './worlds.ts';

/**
 * `POST /v2/cadence_imports`: a new cadence with its steps, or steps onto a cadence that has none. The answer names the
 * cadence and never a step. https://developers.salesloft.com/docs/api/cadence-imports-create
 */
export function importCadence(state: State, world: SalesloftWorld, now: number, request: WrittenBody): Answer {
  const read = readObject(request);
  if ('no' in read) return read.no;
  const parsed = cadenceImportSchema(world.person_tags).safeParse(read.json, { error: bodyMessage });
  if (!parsed.success) return invalid(bodyProblems(parsed.error), world.validation_errors);
  const forbidden = notAllowed(parsed.data, world);
  if (forbidden.length > 0) return invalid(forbidden, world.validation_errors);

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

function notAllowed({ settings, sharing_settings }: CadenceImport, world: SalesloftWorld): Problem[] {
  const owner: Problem = ['cadence_owner', 'is not a user of this team'];
  const team: Problem = ['sharing_settings.team_cadence', 'can only be true for an admin'];
  return [
    ...(world.cadence_owner === 'fails' && settings?.cadence_owner !== undefined ? [owner] : []),
    ...(world.team_cadence === 'fails' && sharing_settings?.team_cadence ? [team] : []),
  ];
}
