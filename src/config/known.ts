/** The names of all settings, so that a misspelt one is told instead of being without effect. */
import { ConfigError, type Environment } from './settings.ts';

const OURS = 'STEPGATE_';

const NAMES = [
  'STEPGATE_ALLOW_PRIVATE_UPSTREAMS',
  'STEPGATE_API_KEY',
  'STEPGATE_AUDIT_DAYS',
  'STEPGATE_DATABASE',
  'STEPGATE_ENCRYPTION_KEYS',
  'STEPGATE_LOG_LEVEL',
  'STEPGATE_MAX_IN_FLIGHT',
  'STEPGATE_PUBLIC_URL',
  'STEPGATE_RETURN_URLS',
  'STEPGATE_SETTLE_GRACE_SECONDS',
  'STEPGATE_SHARED_DATABASE',
];

/** Those of single providers are checked where they are read. */
const OF_PROVIDERS = ['STEPGATE_BASE_URL_', 'STEPGATE_OAUTH_'];

/** @throws {ConfigError} naming the known setting that is nearest; no value is ever shown. */
export function refuseUnknown(env: Environment): void {
  const strange = Object.keys(env).find((name) => name.startsWith(OURS) && !isKnown(name));
  if (strange === undefined) return;
  const [nearest] = [...NAMES, ...OF_PROVIDERS].toSorted(
    (one, other) => distance(strange, one) - distance(strange, other),
  );
  const meant = OF_PROVIDERS.includes(nearest ?? '') ? `${nearest ?? ''}<PROVIDER>…` : nearest;
  throw new ConfigError(`${strange} is no setting. The nearest one is ${meant ?? ''}.`);
}

function isKnown(name: string): boolean {
  return NAMES.includes(name) || OF_PROVIDERS.some((prefix) => name.startsWith(prefix));
}

/** After a prefix comes what nobody knows here; a name of which only the beginning is missing is meant. */
function distance(name: string, known: string): number {
  if (known.endsWith(name.slice(OURS.length))) return 0;
  return far(OF_PROVIDERS.includes(known) ? name.slice(0, known.length) : name, known);
}

/** Letters to change until the name is a beginning of the known one; what it then still lacks counts little. */
function far(name: string, known: string): number {
  let row = Array.from({ length: known.length + 1 }, (_, column) => column);
  for (const letter of name) {
    const next = [(row[0] ?? 0) + 1];
    for (let column = 1; column <= known.length; column += 1) {
      const replaced = (row[column - 1] ?? 0) + Number(letter !== known[column - 1]);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return Math.min(...row.map((changes, column) => changes + (known.length - column) / known.length));
}
