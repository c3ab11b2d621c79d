/** A budget as data for `GET /providers`, and the mistakes that a declaration of one can have. */
import type { Budget } from '../model/budget.ts';
import { isNone, type None } from '../model/cell.ts';

export function describeBudget(budget: Budget | None) {
  if (isNone(budget)) return { support: 'none', because: budget.because } as const;
  const { shared_by, counted, unit, cost, windows } = budget;
  return {
    support: 'native',
    shared_by,
    counted,
    unit,
    windows: windows.map(({ name, limit, seconds, opens, headers }) => ({
      name,
      limit,
      seconds,
      opens,
      ...(headers ? { headers } : {}),
    })),
    ...(cost ? { cost } : {}),
  };
}

export function checkBudget({ windows, cost }: Budget): readonly string[] {
  const whole = (number: number): boolean => Number.isSafeInteger(number) && number > 0;
  const steps = cost?.steps ?? [];
  const smallest = Math.min(...windows.map(({ limit }) => limit));
  return [
    ...(windows.length === 0 ? ['budget has no windows; say none(because) if there is none.'] : []),
    ...windows
      .filter(({ name, seconds, limit }) => !/^[a-z0-9-]+$/.test(name) || !whole(seconds) || !whole(limit))
      .map(({ name }) => `budget.windows ${JSON.stringify(name)} needs a lower case name and whole numbers above 0.`),
    ...(new Set(windows.map(({ name }) => name)).size < windows.length ? ['budget.windows have the same name.'] : []),
    ...(steps.every(({ from, cost: units }, index) => {
      const before = steps[index - 1]?.from ?? -Infinity;
      return from > before && whole(units) && units <= smallest;
    })
      ? []
      : ['budget.cost.steps must rise, in whole units that a window holds.']),
  ];
}
