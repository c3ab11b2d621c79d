/** An account in a provider for each customer: a sandbox of its own, told apart by what the credential ends with. */
import { loadSandboxModules } from '../../src/dev/sandboxes.ts';
import type { Sandbox } from '../../src/sandbox.ts';
import type { House } from '../support/house.ts';
import { putConnection } from './support.ts';

const MARK = '.of.';

/** Puts the accounts in the place of the house's one sandbox of this provider, and connects the customers. */
export async function openOwnAccounts(
  house: House,
  provider: string,
  customers: readonly string[],
): Promise<ReadonlyMap<string, Sandbox>> {
  const module = (await loadSandboxModules()).get(provider);
  if (!module) throw new Error(`There is no sandbox ${provider}.`);
  const { app, credentials } = house.sandbox(provider);
  const accounts = new Map(
    customers.map((customer) => [customer, module.create({ now: () => house.clock.now() })] as const),
  );
  app.fetch = (request) => {
    const marked = [...request.headers.values()].find((value) => value.includes(MARK)) ?? '';
    const customer = marked.split(MARK)[1] ?? '';
    const account = accounts.get(customer);
    if (!account) return Response.json({ error: 'Nobody has this credential.' }, { status: 401 });
    const headers = new Headers(request.headers);
    for (const [name, value] of request.headers) headers.set(name, value.replace(MARK + customer, ''));
    return account.app.fetch(new Request(request, { headers }));
  };
  const [[kind, secret]] = Object.entries(credentials) as [[string, string]];
  for (const customer of customers) {
    const { status, text } = await putConnection(house, provider, kind, `${secret}${MARK}${customer}`, customer);
    if (status > 201) throw new Error(text);
  }
  return accounts;
}
