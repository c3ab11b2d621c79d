/** The budgets of a sandbox by name, such as `{ per_minute: 200 }`. */
export type Limits = Readonly<Record<string, number>>;

export interface AdjustableLimits<L extends Limits> {
  readonly now: () => L;
  /** @throws {TypeError} for a name that the sandbox does not know and for what is no number from 0. */
  readonly change: (changes: Limits) => void;
  /** Back to what the sandbox was made with. */
  readonly reset: () => void;
}

/** The facts' numbers, and what a test or a user puts in their place to spend a small budget. */
export function adjustableLimits<const L extends Limits>(
  defaults: L,
  chosen: Limits = {},
): AdjustableLimits<{ readonly [K in keyof L]: number }> {
  const changed = (limits: Limits, changes: Limits): Limits => {
    for (const [name, value] of Object.entries(changes)) {
      if (!Object.hasOwn(defaults, name))
        throw new TypeError(`This sandbox has no limit ${name}; it has ${Object.keys(defaults).join(', ') || 'none'}.`);
      if (!(value >= 0)) throw new TypeError(`The limit ${name} is a number from 0.`);
    }
    return { ...limits, ...changes };
  };
  const first = changed(defaults, chosen);
  let current = first;
  return {
    now: () => current as { readonly [K in keyof L]: number },
    change: (changes) => {
      current = changed(current, changes);
    },
    reset: () => {
      current = first;
    },
  };
}
