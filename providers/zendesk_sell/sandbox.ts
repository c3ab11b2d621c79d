import type { Context } from 'hono';
import { adjustableLimits, completeWorld, defineSandbox, recordedApp } from '#sandbox';
import type { Refusals, Sandbox, SandboxOptions } from '#sandbox';
import { zendeskSellAuthorization } from './sandbox/authorization.ts';
import { LIMITS, requestBudget } from './sandbox/budget.ts';
import { ORIGIN, listSequences } from './sandbox/listing.ts';
import { errorEnvelope, insufficientScope, invalidParams, noSuchSequence, noUserAgent } from './sandbox/refusals.ts';
import { serverError, throttled, unauthorized, unknownPath } from './sandbox/refusals.ts';
import type { Refusal } from './sandbox/refusals.ts';
import { seededSequences, seeds } from './sandbox/seeds.ts';
import { sandboxSequence, sequenceView, storedSteps } from './sandbox/sequences.ts';
import { worlds } from './sandbox/worlds.ts';

/** Zendesk Sell API v2: the sequences of the Reach add-on, which can only be read. */
export default defineSandbox({ worlds, create: createZendeskSell });

/** The official clients (https://github.com/zendesk/basecrm-ruby) refuse a token that has not 64 characters. */
const ACCESS_TOKEN = 'zendesk-sell-sandbox-token-'.padEnd(64, 'x');

const JSON_UTF8 = { 'content-type': 'application/json; charset=utf-8' };

function createZendeskSell(options: SandboxOptions<typeof worlds> = {}): Sandbox {
  const { now = Date.now } = options;
  const world = completeWorld(worlds, options.world);
  const limits = adjustableLimits(LIMITS, options.limits);
  const budget = requestBudget(now, limits.now);
  const { app, calls, faulty, forget } = recordedApp({ refusals: refusals() });
  const server = zendeskSellAuthorization(world, now);
  const sequences = seededSequences();
  let received = 0;

  app.use(async (c, next) => {
    received += 1;
    c.header('x-request-id', requestId());
    c.header('content-language', 'en');
    const refusal = admit(c);
    return refusal ? send(c, refusal) : next();
  });

  server.mount(app);
  app.get('/v2/sequences', (c) => send(c, listSequences(sequences, new URL(c.req.url), world)));
  if (world.by_id === 'present') app.get('/v2/sequences/:id', (c) => send(c, oneSequence(c.req.param('id'))));
  app.notFound((c) => send(c, unknownPath(world.unknown_path, c.req.method, c.req.path)));

  return {
    ...faulty,
    app,
    origin: ORIGIN,
    credentials: { access_token: ACCESS_TOKEN },
    authorization: server.authorization,
    templates: [],
    sequences: () => sequences.map((each) => sandboxSequence(each, seeds[each.id])),
    steps: (sequenceId) => sequences.filter(({ id }) => String(id) === sequenceId).flatMap(storedSteps),
    calls,
    limits: limits.now,
    changeLimits: limits.change,
    reset: () => {
      received = 0;
      limits.reset();
      budget.reset();
      server.reset();
      forget();
    },
  };

  function admit({ req }: Context): Refusal | undefined {
    if (!req.header('user-agent')) return noUserAgent();
    // On 2026-08-13 a path outside of /v2 answered 404 without a token, one inside 401.
    if (!req.path.startsWith('/v2/')) return undefined;
    const token = /^Bearer (.+)$/.exec(req.header('authorization') ?? '')?.[1] ?? '';
    const granted = server.access(token);
    if (token !== ACCESS_TOKEN && !granted) return unauthorized();
    const exceeded = budget.take();
    if (exceeded !== undefined) return throttled(world.throttled_as, req.method, exceeded);
    return granted && !granted.scopes.includes('read') ? insufficientScope() : undefined;
  }

  /** `rate_limited` is as the world has it. A dead token is answered like an unknown one: its text names both. */
  function refusals(): Refusals {
    const say =
      (refusal: (method: string) => Refusal): Refusals[string] =>
      ({ method }) => {
        received += 1;
        const spoken = refusal(method);
        return {
          status: spoken.status,
          headers: { ...JSON_UTF8, 'x-request-id': requestId(), 'content-language': 'en' },
          body: errorEnvelope(spoken, requestId()),
        };
      };
    return {
      rate_limited: say((method) => throttled(world.throttled_as, method, budget.hourly())),
      rate_limited_429: say((method) => throttled('429', method, budget.hourly())),
      rate_limited_404: say((method) => throttled('404', method, budget.hourly())),
      server_error: say(serverError),
      expired_token: say(unauthorized),
      revoked_token: say(unauthorized),
    };
  }

  function oneSequence(id: string): object {
    if (!/^[1-9]\d{0,18}$/.test(id)) return invalidParams(["Parameter 'id' must be an id."]);
    const sequence = sequences.find((each) => String(each.id) === id);
    if (!sequence) return noSuchSequence();
    return { data: sequenceView(sequence, world.step_items), meta: { type: 'sequence' } };
  }

  function send(c: Context, answer: object): Response {
    const [status, body] = isRefusal(answer)
      ? [answer.status, errorEnvelope(answer, requestId())]
      : [200 as const, answer];
    return c.body(JSON.stringify(body), status, JSON_UTF8);
  }

  function requestId(): string {
    return `00000000-0000-4000-8000-${received.toString(16).padStart(12, '0')}`;
  }
}

function isRefusal(answer: object): answer is Refusal {
  return 'status' in answer;
}
