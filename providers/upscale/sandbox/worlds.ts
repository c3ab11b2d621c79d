import type { World, Worlds } from '#sandbox';

/**
 * What is not known of Upscale, or is told in two ways. The first value is the default.
 *
 * - `base_path`: the introduction gives the base `https://app.upscaleoutreach.com/api/v2`
 *   (https://www.upscaleoutreach.com/api-docs), the example of this endpoint has no `/api/v2`
 *   (https://www.upscaleoutreach.com/api-docs/get-sequences).
 * - `unknown_value`: a value that no filter has. The array is "empty if no sequences match"; 422 is how the other
 *   endpoints refuse a value; of errors this endpoint lists 401 and 500 only.
 * - `unknown_param`: not documented.
 * - `unknown_path`: how a path that does not exist is answered is not documented.
 * - `last_wait`: `wait_time_after` of the last step is "typically" `0d 0h`.
 */
export const worlds = {
  base_path: ['api_v2', 'root'],
  unknown_value: ['empty', '422', '500'],
  unknown_param: ['refused', 'ignored'],
  unknown_path: ['html', 'error'],
  last_wait: ['zero', 'one_day'],
} as const satisfies Worlds;

export type UpscaleWorld = World<typeof worlds>;
