import { unprocessable, validationError } from './refusals.ts';
import type { Enablement } from './state.ts';
import type { OutreachWorld } from './worlds.ts';

/** The attributes as `activate` or `deactivate` leaves them; in a state that is already there it is a switch what happens. */
export function switched<A extends Enablement & { readonly updatedAt: string }>(
  attributes: A,
  enabled: boolean,
  name: string,
  world: OutreachWorld,
  now: string,
): A {
  if (attributes.enabled !== enabled) {
    return { ...attributes, enabled, enabledAt: enabled ? now : null, updatedAt: now };
  }
  if (world.repeated_action === 'refused') {
    throw unprocessable(validationError(`${name} is already ${enabled ? 'enabled' : 'disabled'}.`));
  }
  return attributes;
}
