import { tooManyCalls } from './replies.ts';
import type { Reply } from './replies.ts';

/** The published budget of a paid organization plan for "all other endpoints" (docs.apollo.io rate limits, 2026-07-28). */
export const LIMITS = { per_minute: 200, per_hour: 600, per_day: 6000 } as const;

const WINDOWS = [
  { name: 'minute', milliseconds: 60_000, limit: 'per_minute', word: 'minute' },
  { name: 'hourly', milliseconds: 3_600_000, limit: 'per_hour', word: 'hour' },
  { name: 'day', milliseconds: 86_400_000, limit: 'per_day', word: 'day' },
] as const;

export type Window = (typeof WINDOWS)[number]['word'];

export interface Count {
  readonly headers: Readonly<Record<string, string>>;
  /** Where one of the budgets is spent. */
  readonly refusal?: Reply;
}

export interface Meter {
  readonly count: (endpoint: Endpoint) => Count;
  /** The same answer as that to a call for which this window has nothing left. */
  readonly refuse: (path: string, window: Window) => Required<Count>;
  readonly clear: () => void;
}

interface Endpoint {
  readonly method: string;
  readonly path: string;
}

/**
 * Counts the team's calls per endpoint in fixed windows that open with their first call; whether a refused one counts
 * too is not documented, and here it does not. An older copy of the documentation names the daily headers `daily`
 * instead of `24-hour`. The text of the 429 names an endpoint as `api/v1/emailer_campaigns/search`; how it names one
 * with an id in its path is not documented.
 */
export function rateMeter(
  now: () => number,
  dailyName: '24-hour' | 'daily',
  limits: () => { readonly [K in keyof typeof LIMITS]: number },
): Meter {
  const open = new Map<string, { since: number; used: number }>();
  const current = (key: string, milliseconds: number): { readonly since: number; readonly used: number } => {
    const last = open.get(key);
    return last && now() - last.since < milliseconds ? last : { since: now(), used: 0 };
  };
  const headersOf = (rows: readonly { name: string; limit: number; used: number }[]): Record<string, string> =>
    Object.fromEntries(
      rows.flatMap(({ name, limit, used }) => {
        const word = name === 'day' ? dailyName : name;
        return [
          [`x-rate-limit-${word}`, String(limit)],
          [`x-${word}-usage`, String(used)],
          [`x-${word}-requests-left`, String(Math.max(0, limit - used))],
        ];
      }),
    );
  const refused = (path: string, window: (typeof WINDOWS)[number], since: number) => {
    const left = since + window.milliseconds - now();
    return {
      refusal: tooManyCalls(path.slice(1), limits()[window.limit], window.word),
      retryAfter: String(Math.max(1, Math.ceil(left / 1000))),
    };
  };

  return {
    count: ({ method, path }) => {
      const rows = WINDOWS.map((window) => {
        const key = `${method} ${path} ${window.name}`;
        return { window, key, ...current(key, window.milliseconds), limit: limits()[window.limit] };
      });
      const spent = rows.find(({ used, limit }) => used >= limit);
      if (!spent) for (const { key, since, used } of rows) open.set(key, { since, used: used + 1 });
      const shown = rows.map(({ window, limit, used }) => ({ name: window.name, limit, used: used + (spent ? 0 : 1) }));
      const headers = headersOf(shown);
      if (!spent) return { headers };
      const { refusal, retryAfter } = refused(path, spent.window, spent.since);
      return { headers: { ...headers, 'retry-after': retryAfter }, refusal };
    },
    refuse: (path, word) => {
      const shown = WINDOWS.map((window) => {
        const limit = limits()[window.limit];
        return { window, name: window.name, limit, used: window.word === word ? limit : 0 };
      });
      const window = WINDOWS.find((each) => each.word === word) ?? WINDOWS[0];
      const { refusal, retryAfter } = refused(path, window, now());
      return { headers: { ...headersOf(shown), 'retry-after': retryAfter }, refusal };
    },
    clear: () => {
      open.clear();
    },
  };
}
