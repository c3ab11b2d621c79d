import { DIMENSIONS } from './presets.ts';
import type { Choice, Dimension, Sequence } from './presets.ts';
import type { UpscaleWorld } from './worlds.ts';

export interface Reply {
  readonly status: 200 | 401 | 402 | 422 | 500;
  readonly body: object;
}

/** https://www.upscaleoutreach.com/api-docs : every error is flat; several problems are one text. */
export function refusal(status: Exclude<Reply['status'], 200>, error: string): Reply {
  return { status, body: { error } };
}

/** Without a filter everything; with any of them all four count, and the default stands for what is left out. */
export function getSequences(all: readonly Sequence[], query: URLSearchParams, world: UpscaleWorld): Reply {
  const strangers = [...new Set(query.keys())].filter((key) => !isDimension(key));
  if (world.unknown_param === 'refused' && strangers.length > 0) {
    return refusal(422, strangers.map((key) => `${key} is not a known parameter`).join(' '));
  }
  const asked = NAMES.filter((name) => query.has(name));
  if (asked.length === 0) return { status: 200, body: { sequences: all } };

  const unknown = asked.filter((name) => !isAllowed(name, chosen(query, name)));
  if (world.unknown_value === '500' && unknown.length > 0) return refusal(500, 'Internal Server Error');
  if (world.unknown_value === '422' && unknown.length > 0) {
    return refusal(422, unknown.map((name) => `${name} must be one of ${DIMENSIONS[name].join(', ')}`).join(' '));
  }
  const id = NAMES.map((name) => chosen(query, name)).join('_');
  return { status: 200, body: { sequences: unknown.length > 0 ? [] : all.filter((each) => each.id === id) } };
}

const DEFAULTS: Choice = {
  sequence_length: 'medium',
  campaign_objective: 'meeting',
  cadence_profile: 'normal',
  saturated_markets: 'false',
};

const NAMES = Object.keys(DIMENSIONS).filter(isDimension);

function isDimension(key: string): key is Dimension {
  return Object.hasOwn(DIMENSIONS, key);
}

function chosen(query: URLSearchParams, name: Dimension): string {
  const value = query.get(name) ?? 'default';
  return value === 'default' ? DEFAULTS[name] : value;
}

function isAllowed(name: Dimension, value: string): boolean {
  return (DIMENSIONS[name] as readonly string[]).includes(value);
}
