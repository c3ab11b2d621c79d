/** What the rooms of the house count. Every name that comes from outside is bounded here: what is not known is one label. */
import type { GrantFailure } from '../model/grant.ts';
import type { Problem, ProblemCode } from '../model/problem.ts';
import type { Warning } from '../model/warning.ts';
import { CONTENT_TYPE, openInstruments } from './exposition.ts';

export interface Metrics {
  /** `unknown` and `undocumented` beside the operationIds of the API document. Times are in milliseconds, as everywhere. */
  request(route: string, method: string, status: number, milliseconds: number): void;
  problem(code: ProblemCode, origin: NonNullable<Problem['origin']>): void;
  warning(warning: Pick<Warning, 'problem_type' | 'action' | 'provider'>): void;
  /** One attempt. */
  call(provider: string, method: string, outcome: string, milliseconds: number): void;
  replayed(provider: string): void;
  recovered(provider: string, outcome: string): void;
  readonly renewed: (provider: string, outcome: 'renewed' | GrantFailure) => void;
  marked(provider: string): void;
  readonly committed: (changes: number) => void;
  readonly limits: {
    retried(provider: string): void;
    waited(provider: string, milliseconds: number): void;
    opened(provider: string): void;
  };
  text(): Promise<string>;
  readonly contentType: string;
}

export interface MetricsHouse {
  readonly version: string;
  readonly providers: Iterable<string>;
  readonly standing: Standing;
}

/** What others know, asked at each scrape: it costs no query. */
export interface Standing {
  readonly inFlight: () => number;
  readonly refused: () => number;
  readonly waiting: () => number;
  readonly turnsWaiting: () => number;
  readonly auditWaiting: () => number;
  readonly auditLost: () => number;
  readonly logLost: () => number;
}

/** What is not in a list that is known. */
const UNKNOWN = 'unknown';
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export function openMetrics({ version, providers, standing }: MetricsHouse): Metrics {
  const instruments = openInstruments();
  const known: ReadonlySet<string> = new Set(providers);
  const of = (provider: string): string => (known.has(provider) ? provider : UNKNOWN);
  const requests = instruments.counter('stepgate_http_requests_total');
  const durations = instruments.histogram('stepgate_http_request_duration_seconds');
  instruments.read('stepgate_http_requests_in_flight', standing.inFlight);
  instruments.read('stepgate_http_requests_refused_total', standing.refused);
  const problems = instruments.counter('stepgate_problems_total');
  const warnings = instruments.counter('stepgate_warnings_total');
  const calls = instruments.counter('stepgate_provider_calls_total');
  const callDurations = instruments.histogram('stepgate_provider_call_duration_seconds');
  const retries = instruments.counter('stepgate_provider_retries_total');
  const waits = instruments.histogram('stepgate_provider_budget_wait_seconds');
  const openings = instruments.counter('stepgate_provider_circuit_openings_total');
  instruments.read('stepgate_requests_waiting', standing.waiting);
  instruments.read('stepgate_turns_waiting', standing.turnsWaiting);
  const replays = instruments.counter('stepgate_idempotent_replays_total');
  const recoveries = instruments.counter('stepgate_recoveries_total');
  const renewals = instruments.counter('stepgate_token_renewals_total');
  const marks = instruments.counter('stepgate_connections_marked_total');
  instruments.read('stepgate_audit_entries_waiting', standing.auditWaiting);
  instruments.read('stepgate_audit_entries_lost_total', standing.auditLost);
  instruments.read('stepgate_log_lines_lost_total', standing.logLost);
  const commits = instruments.histogram('stepgate_store_commit_changes');
  instruments.read('stepgate_build_info', () => 1, [version]);
  for (const provider of known) for (const tally of [retries, openings, replays, marks]) tally.begin(provider);
  for (const [code, origin] of ALARMING) problems.begin(code, origin);
  return {
    request: (route, method, status, milliseconds) => {
      requests.count(route, METHODS.has(method) ? method : UNKNOWN, status);
      durations.observe(secondsOf(milliseconds), route);
    },
    problem: (code, origin) => {
      problems.count(code, origin);
    },
    warning: ({ problem_type, action, provider }) => {
      warnings.count(problem_type, action, of(provider));
    },
    call: (provider, method, outcome, milliseconds) => {
      calls.count(of(provider), method, outcome);
      callDurations.observe(secondsOf(milliseconds), of(provider));
    },
    replayed: (provider) => {
      replays.count(of(provider));
    },
    recovered: (provider, outcome) => {
      recoveries.count(of(provider), outcome);
    },
    renewed: (provider, outcome) => {
      renewals.count(of(provider), outcome);
    },
    marked: (provider) => {
      marks.count(of(provider));
    },
    committed: (changes) => {
      commits.observe(changes);
    },
    limits: {
      retried: (provider) => {
        retries.count(of(provider));
      },
      waited: (provider, milliseconds) => {
        waits.observe(secondsOf(milliseconds), of(provider));
      },
      opened: (provider) => {
        openings.count(of(provider));
      },
    },
    text: () => instruments.text(),
    contentType: CONTENT_TYPE,
  };
}

/** Those that somebody should be told of at the first. */
const ALARMING: readonly (readonly [ProblemCode, NonNullable<Problem['origin']>])[] = [
  ['OUTCOME_UNKNOWN', 'remote-provider'],
  ['OUTCOME_UNKNOWN', 'gateway'],
  ['INTERNAL_ERROR', 'gateway'],
  ['STORE_UNAVAILABLE', 'gateway'],
];

/** A clock that was set back must not count backwards. */
function secondsOf(milliseconds: number): number {
  return Math.max(0, milliseconds) / 1000;
}
