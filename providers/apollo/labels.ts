/** Labels are asked for by their names and shown by their ids, and nothing that is known lists both. */

const AS_BEFORE =
  'Apollo shows the same labels as before, by their ids: either they are those that were asked for, or it has ignored them.';

export interface LabelComparison {
  /** What `label_ids` should be; undefined where labels were not asked for. */
  readonly expected?: unknown;
  readonly unproved?: string;
}

/** Other ids than before, as many as there are names, are taken for those that were asked for. */
export function compareLabels(names: unknown, before: unknown, found: unknown): LabelComparison {
  if (!Array.isArray(names)) return {};
  const [wanted, old, shown] = [names, before, found].map(distinct) as [Texts, Texts, Texts];
  if (shown.length === 0 || wanted.length === 0) return { expected: wanted };
  const isAsBefore = shown.length === old.length && shown.every((id) => old.includes(id));
  if (!isAsBefore) return { expected: found };
  return wanted.length === old.length ? { expected: found, unproved: AS_BEFORE } : { expected: wanted };
}

type Texts = readonly string[];

function distinct(list: unknown): Texts {
  return Array.isArray(list) ? [...new Set(list.map(String))] : [];
}
