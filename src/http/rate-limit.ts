/** The fields of draft-ietf-httpapi-ratelimit-headers-10, with the windows of the provider's budget as named policies. */
import type { PolicyState } from '../limits/budget.ts';

/** `q` and `r` count what `qu` names, requests when it is absent. Of several endpoints the one with the least left speaks. */
export function budgetHeaders(standing: readonly PolicyState[], now: number): Readonly<Record<string, string>> {
  const shown = tightest(standing);
  if (shown.length === 0) return {};
  return {
    'ratelimit-policy': shown.map(policyItem).join(', '),
    ratelimit: shown.map((state) => limitItem(state, now)).join(', '),
  };
}

type Limited = PolicyState & { readonly limit: number; readonly remaining: number };

function tightest(standing: readonly PolicyState[]): readonly Limited[] {
  const found: Limited[] = [];
  for (const state of standing) {
    if (!isLimited(state)) continue;
    const index = found.findIndex(({ name }) => name === state.name);
    const before = found[index];
    if (before === undefined) found.push(state);
    else if (state.remaining < before.remaining) found[index] = state;
  }
  return found;
}

function isLimited(state: PolicyState): state is Limited {
  return state.limit !== undefined && state.remaining !== undefined;
}

function policyItem({ name, limit, window_seconds, unit }: Limited): string {
  const units = unit === 'requests' ? '' : `;qu="${unit}"`;
  return `"${name}";q=${String(limit)};w=${String(window_seconds)}${units}`;
}

function limitItem({ name, remaining, resets_at }: Limited, now: number): string {
  const rest = resets_at === undefined ? '' : `;t=${String(Math.max(0, Math.ceil((resets_at - now) / 1000)))}`;
  return `"${name}";r=${String(remaining)}${rest}`;
}
