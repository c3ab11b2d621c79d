/**
 * Many accounts at each provider: a sandbox for each customer, behind one base URL, told apart by what the credential ends
 * with. An account is used for a while only, so that no list in a sandbox grows until the sandbox is what is measured.
 */
import { Hono } from 'hono';
import { loadProviders } from '../../src/core/registry.ts';
import { serveSandbox } from '../../src/dev/serve-sandbox.ts';
import { loadSandboxModules } from '../../src/dev/sandboxes.ts';
import type { Limits, Sandbox, SandboxModule } from '../../src/sandbox.ts';

export const LOADED = ['apollo', 'outreach', 'salesloft'] as const;
export type Loaded = (typeof LOADED)[number];

export interface Account {
  readonly customer: string;
  readonly sandboxes: Readonly<Record<Loaded, Sandbox>>;
  /** Steps that were there from the start. */
  readonly seeded: number;
}

export interface Accounts {
  readonly baseUrls: Readonly<Record<Loaded, string>>;
  readonly all: readonly Account[];
  /** With plenty of budget, unless it is said otherwise. */
  open(limits?: Readonly<Partial<Record<Loaded, Limits>>>): Account;
  credentials(account: Account, provider: Loaded): object;
  close(): Promise<void>;
}

const PLENTY: Readonly<Record<Loaded, Limits>> = {
  apollo: { per_minute: 1e9, per_hour: 1e9, per_day: 1e9 },
  outreach: { per_hour: 1e9 },
  salesloft: { cost_per_minute: 1e9 },
};
const MARK = '.of.';

export async function openAccounts(): Promise<Accounts> {
  const [registry, modules] = await Promise.all([loadProviders(), loadSandboxModules()]);
  const all: Account[] = [];
  const module = (name: Loaded): SandboxModule => {
    const found = modules.get(name);
    if (!found) throw new Error(`There is no sandbox ${name}.`);
    return found;
  };
  const doors = await Promise.all(
    LOADED.map(async (name) => {
      const app = new Hono();
      app.fetch = (request) => {
        const [secret, customer] = marked(request.headers);
        const account = all.find((each) => each.customer === customer);
        if (!account) return Response.json({ error: 'Nobody has this credential.' }, { status: 401 });
        const headers = new Headers(request.headers);
        for (const [key, value] of headers) headers.set(key, value.replace(secret, ''));
        return account.sandboxes[name].app.fetch(new Request(request, { headers }));
      };
      const clearFaults = (): boolean => {
        for (const { sandboxes } of all) sandboxes[name].clearFaults();
        return true;
      };
      const base = new URL(registry.get(name)?.base_url ?? '').pathname.replace(/\/$/, '');
      return { name, base, door: await serveSandbox({ app, clearFaults }) };
    }),
  );
  return {
    baseUrls: Object.fromEntries(doors.map(({ name, base, door }) => [name, door.url + base])) as Record<
      Loaded,
      string
    >,
    all,
    open: (limits = {}) => {
      const made = LOADED.map((name) => [name, module(name).create({ limits: limits[name] ?? PLENTY[name] })] as const);
      const sandboxes = Object.fromEntries(made) as Record<Loaded, Sandbox>;
      const account = { customer: `customer-${all.length + 1}`, sandboxes, seeded: countSteps(sandboxes) };
      all.push(account);
      return account;
    },
    credentials: ({ customer, sandboxes }, provider) => {
      const { api_key: key, access_token: token } = sandboxes[provider].credentials;
      return key === undefined
        ? { type: 'access_token', access_token: `${token ?? ''}${MARK}${customer}` }
        : { type: 'api_key', api_key: `${key}${MARK}${customer}` };
    },
    close: async () => {
      await Promise.all(doors.map(({ door }) => door.close()));
    },
  };
}

export function countSteps(sandboxes: Account['sandboxes']): number {
  return Object.values(sandboxes)
    .flatMap((sandbox) => sandbox.sequences())
    .reduce((sum, { num_steps }) => sum + num_steps, 0);
}

/** How many steps carry each mark. */
export function stepsByMark({ sandboxes }: Account, mark: RegExp): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const sandbox of Object.values(sandboxes)) {
    for (const { id } of sandbox.sequences()) {
      for (const { native } of sandbox.steps(id)) {
        const [found] = mark.exec(JSON.stringify(native)) ?? [];
        if (found !== undefined) counts.set(found, (counts.get(found) ?? 0) + 1);
      }
    }
  }
  return counts;
}

function marked(headers: Headers): readonly [string, string] {
  for (const value of headers.values()) {
    const at = value.indexOf(MARK);
    if (at >= 0) return [value.slice(at), value.slice(at + MARK.length)];
  }
  return ['', ''];
}
