/** What development mode shows of its sandboxes. There are no secrets in it: they open nothing but a sandbox on this machine. */
import { ProblemError } from '../model/problem.ts';
import type { Sandbox } from '../sandbox.ts';
import type { Sandboxes } from './sandboxes.ts';

export const DEMO_CUSTOMER = 'my-customer-1';

export function describeDev(apiKey: string, sandboxes: Sandboxes, baseUrls: ReadonlyMap<string, string>): object {
  const providers = [...sandboxes].map(([name, sandbox]) => [
    name,
    {
      base_url: baseUrls.get(name),
      credentials: sandbox.credentials,
      sequences: sandbox.sequences().map(({ id, num_steps }) => ({ id, num_steps })),
    },
  ]);
  return { api_key: apiKey, customer_id: DEMO_CUSTOMER, providers: Object.fromEntries(providers) as object };
}

/** All that one sandbox has stored and received, for whoever has to see what became of a request. */
export function describeSandbox(sandboxes: Sandboxes, provider: string): object {
  const sandbox = sandboxOf(sandboxes, provider);
  return {
    sequences: sandbox.sequences().map((sequence) => ({ ...sequence, steps: sandbox.steps(sequence.id) })),
    calls: sandbox.calls(),
    limits: sandbox.limits(),
  };
}

/** @throws {ProblemError} 404 for an unknown provider. */
export function sandboxOf(sandboxes: Sandboxes, provider: string): Sandbox {
  const sandbox = sandboxes.get(provider);
  if (sandbox) return sandbox;
  const detail = `There is no provider ${JSON.stringify(provider)}; there are ${[...sandboxes.keys()].join(', ')}.`;
  throw new ProblemError({ code: 'PROVIDER_UNKNOWN', detail });
}
