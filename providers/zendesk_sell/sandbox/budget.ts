/**
 * Requests a token. "10 requests/token/second" stands in brackets behind the number an hour, which is the same again or a
 * limit of its own: whoever wants the latter sets it. https://developer.zendesk.com/api-reference/sales-crm/rate-limits
 */
export const LIMITS = { per_hour: 36_000, per_second: Infinity } as const;

const WINDOWS = [
  { limit: 'per_hour', milliseconds: 3_600_000, word: 'hour' },
  { limit: 'per_second', milliseconds: 1_000, word: 'second' },
] as const;

type Window = (typeof WINDOWS)[number];

export interface Budget {
  /** Counts one request, or tells the limit that it would exceed, in words. */
  readonly take: () => string | undefined;
  /** The hourly limit in words. */
  readonly hourly: () => string;
  readonly reset: () => void;
}

/** "Then 429 until the reset time": fixed windows. That a refused request does not count is not documented. */
export function requestBudget(
  now: () => number,
  limits: () => { readonly [K in keyof typeof LIMITS]: number },
): Budget {
  let used = new Map<Window, { readonly index: number; readonly count: number }>();
  const inWords = ({ limit, word }: Window): string => `${limits()[limit]} requests per ${word}`;

  return {
    take: () => {
      const rows = WINDOWS.map((window) => {
        const index = Math.floor(now() / window.milliseconds);
        const last = used.get(window);
        return { window, index, count: last?.index === index ? last.count : 0 };
      });
      const spent = rows.find(({ window, count }) => count >= limits()[window.limit]);
      if (spent) return inWords(spent.window);
      for (const { window, index, count } of rows) used.set(window, { index, count: count + 1 });
      return undefined;
    },
    hourly: () => inWords(WINDOWS[0]),
    reset: () => {
      used = new Map();
    },
  };
}
