import type { Settings } from './schemas.ts';

/** The user whose credentials these are. */
export const USER_ID = 7;

/** The records that a cadence points to. An import names them, a read gives ids. */
export interface Links {
  readonly owner_id: number;
  readonly priority_id: number | null;
  readonly added_stage_id: number | null;
  readonly bounced_stage_id: number | null;
  readonly finished_stage_id: number | null;
  readonly replied_stage_id: number | null;
}

/** The same name always leads to the same id. A cadence without an owner belongs to whoever imports it. */
export function linksOf(named: Map<string, number>, settings: Settings): Links {
  const idOf = (kind: keyof typeof FIRST_IDS, name: string | undefined): number | null => {
    if (name === undefined) return null;
    const key = `${kind} ${name}`;
    const id = named.get(key) ?? FIRST_IDS[kind] + named.size;
    named.set(key, id);
    return id;
  };
  return {
    owner_id: idOf('user', settings.cadence_owner) ?? USER_ID,
    priority_id: idOf('priority', settings.cadence_priority),
    added_stage_id: idOf('stage', settings.added_stage_setting),
    bounced_stage_id: idOf('stage', settings.bounced_stage_setting),
    finished_stage_id: idOf('stage', settings.finished_stage_setting),
    replied_stage_id: idOf('stage', settings.replied_stage_setting),
  };
}

const FIRST_IDS = { user: 11, priority: 1, stage: 41 } as const;
