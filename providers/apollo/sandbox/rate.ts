/** The published budget of a paid organization plan for "all other endpoints" (docs.apollo.io rate limits, 2026-07-28). */
const WINDOWS = [
  { name: 'minute', milliseconds: 60_000, limit: 200 },
  { name: 'hourly', milliseconds: 3_600_000, limit: 600 },
  { name: 'day', milliseconds: 86_400_000, limit: 6000 },
] as const;

export interface Meter {
  readonly count: (endpoint: string) => Readonly<Record<string, string>>;
  readonly clear: () => void;
}

/**
 * Counts calls per endpoint in fixed windows that open with their first call. Nothing is refused when one is used up: a
 * test forces its own 429. An older copy of the documentation names the daily headers `daily` instead of `24-hour`.
 */
export function rateMeter(now: () => number, dailyName: '24-hour' | 'daily'): Meter {
  const open = new Map<string, { since: number; used: number }>();

  function use(key: string, milliseconds: number): number {
    const last = open.get(key);
    const current = last && now() - last.since < milliseconds ? last : { since: now(), used: 0 };
    open.set(key, { ...current, used: current.used + 1 });
    return current.used + 1;
  }

  return {
    count: (endpoint) =>
      Object.fromEntries(
        WINDOWS.flatMap(({ name, milliseconds, limit }) => {
          const used = use(`${endpoint} ${name}`, milliseconds);
          const word = name === 'day' ? dailyName : name;
          return [
            [`x-rate-limit-${word}`, String(limit)],
            [`x-${word}-usage`, String(used)],
            [`x-${word}-requests-left`, String(Math.max(0, limit - used))],
          ];
        }),
      ),
    clear: () => {
      open.clear();
    },
  };
}
