/** Faults for whoever tries out what the gateway does: the rules of all sandboxes, as JSON. */
import { z } from 'zod';
import type { GatewayOptions } from '../gateway.ts';
import { ProblemError, type Problem } from '../model/problem.ts';
import type { FaultRule, Sandbox } from '../sandbox.ts';
import { sandboxOf } from './describe.ts';
import type { Sandboxes } from './sandboxes.ts';

const count = z.int().min(1);
const ms = z.number().min(0).max(600_000);
const at = z.enum(['before_commit', 'after_commit']).default('before_commit');

const fault = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('answer'),
    at,
    status: z.int().min(200).max(599),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.unknown().default(''),
  }),
  z.strictObject({ kind: z.literal('refusal'), at, name: z.string() }),
  z.strictObject({ kind: z.enum(['html', 'wrong_type', 'hang', 'reset']), at }),
  z.strictObject({ kind: z.literal('delay'), at, ms }),
  z.strictObject({ kind: z.literal('drip'), ms }),
  z.strictObject({ kind: z.literal('truncated') }),
]);

/** A misspelt key would strike another call than was meant, so unknown ones are refused. */
const order = z.strictObject({
  provider: z.string(),
  method: z.string().toUpperCase().optional(),
  /** A regular expression, searched for in path and query of the native call. */
  path: z.string().max(1_000).transform(toPattern).optional(),
  nth: count.optional(),
  times: z.union([count, z.literal('until_cleared')]).optional(),
  fault,
});

type FaultDesk = NonNullable<NonNullable<GatewayOptions['dev']>['faults']>;

export function openFaultDesk(sandboxes: Sandboxes): FaultDesk {
  return {
    list: () => ({
      faults: [...sandboxes].flatMap(([name, sandbox]) => shownRules(name, sandbox)),
      refusals: Object.fromEntries([...sandboxes].map(([name, { refusals }]) => [name, refusals])),
    }),
    add: (raw) => {
      const { provider, method, path, nth, times, fault: wanted } = read(raw);
      const sandbox = sandboxOf(sandboxes, provider);
      const id = addTo(sandbox, {
        match: { ...(method === undefined ? {} : { method }), ...(path === undefined ? {} : { path }) },
        fault: wanted,
        ...(nth === undefined ? {} : { nth }),
        ...(times === undefined ? {} : { times }),
      });
      return shownRules(provider, sandbox).find((each) => each.id === `${provider}-${id}`) ?? {};
    },
    clear: (id) => {
      const cleared = [...sandboxes].map(([name, sandbox]) => {
        if (id === undefined) return sandbox.clearFaults();
        return id.startsWith(`${name}-`) && sandbox.clearFaults(id.slice(name.length + 1));
      });
      if (id === undefined || cleared.includes(true)) return;
      throw new ProblemError({ code: 'INVALID_ID', detail: `There is no fault ${JSON.stringify(id)}.` });
    },
  };
}

function shownRules(provider: string, sandbox: Sandbox) {
  return sandbox.faults().map(({ id, struck, rule: { match, nth = 1, times = 1, fault: wanted } }) => ({
    id: `${provider}-${id}`,
    provider,
    method: match?.method,
    path: match?.path?.source,
    nth,
    times,
    struck,
    fault: wanted,
  }));
}

function read(raw: unknown): z.output<typeof order> {
  const result = order.safeParse(raw);
  if (result.success) return result.data;
  throw new ProblemError(
    result.error.issues.map(({ path, message }): Problem => ({
      code: 'INVALID_VALUE',
      detail: `${path.join('.') || 'The body'}: ${message}.`,
      pointer: path.map((key) => `/${String(key)}`).join(''),
    })),
  );
}

function addTo(sandbox: Sandbox, rule: FaultRule): string {
  try {
    return sandbox.addFault(rule);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ProblemError({ code: 'INVALID_VALUE', detail: error.message, pointer: '/fault' });
  }
}

function toPattern(source: string, context: z.RefinementCtx): RegExp {
  try {
    return new RegExp(source);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be a regular expression' });
    return z.NEVER;
  }
}
