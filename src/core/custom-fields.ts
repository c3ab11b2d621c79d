/** Custom fields: what they may not reach for, and how they are merged into a request body. */
import type { CustomFields } from '../model/calls.ts';
import { isObject } from '../model/is-object.ts';
import { escapePointer } from './compare-keys.ts';

/** Keys that could reach the prototype of an object; refused at every depth. */
const PROTOTYPE_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

export interface Collision {
  /** JSON pointer inside the step. */
  readonly pointer: string;
  readonly step: number;
  readonly from: unknown;
  readonly to: unknown;
}

/**
 * Pointers (relative to the fields) of keys that a caller may never set: those that the provider declares, dotted such
 * as `relationships.sequence`, and those of JavaScript's prototypes at every depth.
 */
export function forbiddenKeys(
  fields: unknown,
  refused: readonly string[],
  path: readonly string[] = [],
): readonly string[] {
  if (Array.isArray(fields))
    return fields.flatMap((item, index) => forbiddenKeys(item, refused, [...path, String(index)]));
  if (fields === null || typeof fields !== 'object') return [];
  return Object.entries(fields).flatMap(([key, value]) => {
    const here = [...path, key];
    if (PROTOTYPE_KEYS.has(key) || refused.includes(here.join('.'))) return [`/${here.map(escapePointer).join('/')}`];
    return forbiddenKeys(value, refused, here);
  });
}

/** Custom fields that have no object to go into, because other custom fields put something else there. */
export interface Misfit {
  readonly pointer: string;
  readonly step: number;
}

/**
 * Merges custom fields into a copy of a body (the body itself where there are none), nested objects key by key. Where both have a value that of the custom
 * fields is taken and reported. Equal values are no collision.
 */
export function mergeCustomFields(
  body: Readonly<Record<string, unknown>>,
  custom: readonly CustomFields[],
  whole = 0,
): {
  readonly body: Readonly<Record<string, unknown>>;
  readonly collisions: readonly Collision[];
  readonly misfits: readonly Misfit[];
} {
  if (custom.every(({ values }) => Object.keys(values).length === 0)) return { body, collisions: [], misfits: [] };
  const merged = structuredClone(body) as Record<string, unknown>;
  const collisions: Collision[] = [];
  const misfits: Misfit[] = [];
  for (const { at, values, from, step = whole } of custom) {
    if (Object.keys(values).length === 0) continue;
    const target = descend(merged, at);
    if (!target) {
      misfits.push({ pointer: from, step });
      continue;
    }
    mergeInto(target, values, from, (pointer, ours, theirs) => {
      collisions.push({ pointer, step, from: ours, to: theirs });
    });
  }
  return { body: merged, collisions, misfits };
}

function descend(body: Record<string, unknown>, at: readonly (string | number)[]): Record<string, unknown> | undefined {
  let here: Record<string | number, unknown> = body;
  for (const key of at) {
    here[key] ??= {};
    const next = here[key];
    // An array as well: one of the keys can be an index.
    if (typeof next !== 'object' || next === null) return undefined;
    here = next as Record<string, unknown>;
  }
  return here;
}

function mergeInto(
  target: Record<string, unknown>,
  values: Readonly<Record<string, unknown>>,
  pointer: string,
  collide: (pointer: string, ours: unknown, theirs: unknown) => void,
): void {
  for (const [key, value] of Object.entries(values)) {
    const here = `${pointer}/${escapePointer(key)}`;
    const ours = Object.hasOwn(target, key) ? target[key] : undefined;
    if (isObject(ours) && isObject(value)) {
      mergeInto(ours, value, here, collide);
      continue;
    }
    if (ours !== undefined && JSON.stringify(ours) !== JSON.stringify(value)) collide(here, ours, value);
    target[key] = value;
  }
}
