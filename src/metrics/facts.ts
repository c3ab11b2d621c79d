/** Every metric of the gateway's own, as data: the instruments, the exposition and the table in the README are made of it. */

export interface MetricFacts {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  /** One sentence, for `# HELP` and the README. */
  readonly help: string;
  /** Upper bounds, rising. */
  readonly buckets?: readonly number[];
}

/** From what the gateway itself takes to the longest that a provider may. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** No label holds what a caller or a customer has chosen: each has a closed list of values. */
export const METRICS = {
  stepgate_http_requests_total: {
    kind: 'counter',
    labels: ['route', 'method', 'status'],
    help: 'Requests that were answered. `route` is the operationId of the API document; `undocumented` for its own pages and those of development mode, `unknown` for a path that is not there.',
  },
  stepgate_http_request_duration_seconds: {
    kind: 'histogram',
    labels: ['route'],
    buckets: SECONDS,
    help: 'From the arrival of a request to its answer, the calls to the provider and every wait included.',
  },
  stepgate_http_requests_in_flight: {
    kind: 'gauge',
    labels: [],
    help: 'Requests that have been let in and are not answered (`STEPGATE_MAX_IN_FLIGHT`).',
  },
  stepgate_http_requests_refused_total: {
    kind: 'counter',
    labels: [],
    help: 'Requests that were refused unread at the door with GATEWAY_BUSY; they are in no other metric.',
  },
  stepgate_problems_total: {
    kind: 'counter',
    labels: ['code', 'origin'],
    help: 'Errors that were told: of requests, of single records in a batch, and of writes that the gateway has gone on with by itself. `origin` says whose fault it is: `gateway` or `remote-provider`.',
  },
  stepgate_warnings_total: {
    kind: 'counter',
    labels: ['problem_type', 'action', 'provider'],
    help: 'Warnings that were told, those of a replayed answer included.',
  },
  stepgate_provider_calls_total: {
    kind: 'counter',
    labels: ['provider', 'method', 'outcome'],
    help: 'Calls to providers, each attempt by itself. `outcome` is the class of the status (`2xx`), `429`, or why there is no answer: `not_sent`, `no_answer`, `broken`, `too_large`.',
  },
  stepgate_provider_call_duration_seconds: {
    kind: 'histogram',
    labels: ['provider'],
    buckets: SECONDS,
    help: 'From sending a call to the end of its answer, or to giving it up.',
  },
  stepgate_provider_retries_total: {
    kind: 'counter',
    labels: ['provider'],
    help: 'Calls that were repeated, because it was safe.',
  },
  stepgate_provider_budget_wait_seconds: {
    kind: 'histogram',
    labels: ['provider'],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    help: 'How long calls waited for the budget of their connection, in vain or not; what needed no wait is not in it.',
  },
  stepgate_provider_circuit_openings_total: {
    kind: 'counter',
    labels: ['provider'],
    help: 'How often the circuit of a connection opened, or stayed open after its try.',
  },
  stepgate_requests_waiting: {
    kind: 'gauge',
    labels: [],
    help: 'Requests that wait for a budget, or to be repeated.',
  },
  stepgate_turns_waiting: {
    kind: 'gauge',
    labels: [],
    help: 'Writes that wait for their turn behind another one to the same sequence or connection.',
  },
  stepgate_idempotent_replays_total: {
    kind: 'counter',
    labels: ['provider'],
    help: 'Requests that were answered from the journal, as before.',
  },
  stepgate_recoveries_total: {
    kind: 'counter',
    labels: ['provider', 'outcome'],
    help: 'Interrupted writes that the gateway has gone on with by itself: `done`, `refused`, `failed`, or `unknown` where it is still not known.',
  },
  stepgate_token_renewals_total: {
    kind: 'counter',
    labels: ['provider', 'outcome'],
    help: 'Access tokens that were asked for: `renewed`, or why not: `refused` for good, `misconfigured`, `not_executed`, `unknown`.',
  },
  stepgate_connections_marked_total: {
    kind: 'counter',
    labels: ['provider'],
    help: 'Connections that were marked `needs_reauth`, because their provider refuses the credentials.',
  },
  stepgate_audit_entries_waiting: {
    kind: 'gauge',
    labels: [],
    help: 'Audit entries that are not written yet: more than a few hundred only while the store is away.',
  },
  stepgate_audit_entries_lost_total: {
    kind: 'counter',
    labels: [],
    help: 'Audit entries that could not be kept.',
  },
  stepgate_log_lines_lost_total: {
    kind: 'counter',
    labels: [],
    help: 'Lines of the log that could not be written: 16 MiB of them wait until they can be, and what comes then is lost.',
  },
  stepgate_store_commit_changes: {
    kind: 'histogram',
    labels: [],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
    help: 'How many changes of the journal, the audit and the turns were committed together; its count is that of the commits.',
  },
  stepgate_build_info: { kind: 'gauge', labels: ['version'], help: 'Always 1.' },
} as const satisfies Readonly<Record<string, MetricFacts>>;

export type MetricName = keyof typeof METRICS;

/** The table of the README. */
export function metricsMarkdown(): string {
  const rows = Object.entries<MetricFacts>(METRICS).map(([name, { kind, labels, help }]) => {
    const shown = labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${name}\` | ${kind} | ${shown} | ${help} |`;
  });
  return ['| metric | kind | labels | what it counts |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
