/** Mistakes in the renewal of accounts that were connected by OAuth: each loses an account, or asks a server for ever. */
import type { Mutant } from './mutants.ts';

const MISTAKES: readonly (readonly [name: string, file: string, find: string, replace: string, tests: string])[] = [
  [
    'Two processes renew at once',
    'src/store/refresh-store.ts',
    ".where('refresh_sent_at', 'is', null)\n          .where('refresh_until', '<=', now)",
    '',
    'one-renewal',
  ],
  [
    'A new pair that the store does not take is thrown away',
    'src/connections/unstored-pairs.ts',
    'kept.set(key.credentials_id, { key, input });',
    '',
    'renewal-trouble',
  ],
  [
    'A late answer is stored over a newer pair',
    'src/store/refresh-store.ts',
    ".where('credentials_id', '=', credentials_id)\n",
    '\n',
    'renewal-trouble',
  ],
  [
    'A dead grant is tried again',
    'src/connections/renewal-endings.ts',
    'refused_at: now',
    'refused_at: null',
    'renewal',
  ],
  [
    'A lost rotation is tried again at once',
    'src/connections/renewal-endings.ts',
    'refresh_not_before: now + Math.max(pause, Math.min(asked, LONGEST_ASKED_MS))',
    'refresh_not_before: now',
    'renewal-trouble',
  ],
  [
    'A call is not sent again with the new token',
    'src/upstream/upstream.ts',
    'const answer = another ? await this.transport(bare, about) : refused;',
    'const answer = refused;',
    'renewal',
  ],
];

export const OAUTH_MUTANTS: readonly Mutant[] = MISTAKES.map(([name, file, find, replace, tests]) => ({
  name,
  file,
  find,
  replace,
  where: { tests: [`test/connections/${tests}.test.ts`], pattern: '.' },
}));
