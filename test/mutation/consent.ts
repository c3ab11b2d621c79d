/** Mistakes in the way of a consent: each would let somebody connect another one's account, or use something twice. */
import type { Mutant } from './mutants.ts';

const MISTAKES: readonly (readonly [name: string, file: string, find: string, replace: string])[] = [
  [
    'A callback is taken from any browser',
    'src/connections/authorizations.ts',
    "if (!isBrowserOf(row, cookie)) return 'other_browser';\n      if (row.status !== 'started')",
    "if (cookie === undefined) return 'other_browser';\n      if (row.status !== 'started')",
  ],
  [
    'A link is started without the page',
    'src/connections/authorizations.ts',
    "if (readCookie(row, cookieOf) === undefined) return 'other_browser';",
    '',
  ],
  [
    'A confirmation binds whoever confirms',
    'src/connections/authorizations.ts',
    'if (row.customer_id !== key.customer_id) {',
    'if (id === confirmation) {',
  ],
  [
    'Any confirmation will do',
    'src/connections/authorizations.ts',
    'if (!row || !isSame(hashOf(confirmation), row.confirmation_hash))',
    'if (!row?.confirmation_hash)',
  ],
  [
    'The grant of somebody else is not dropped',
    'src/connections/authorizations.ts',
    "const dropped = { status: 'failed', error: 'confirmed_for_another', sealed_grant: null } as const;",
    "const dropped = { status: 'granted' } as const;",
  ],
  [
    'A state is used as often as it comes',
    'src/connections/authorizations.ts',
    "{ status: 'returned', expires_at: now + STEP_MS }, now);",
    "{ status: 'started', expires_at: now + STEP_MS }, now);",
  ],
  ['The link stands in the log', 'src/http/oauth/paths.ts', "'/oauth/start/***'", '`/oauth/start/${path.slice(13)}`'],
  [
    'Any return URL is taken',
    'src/http/routes/authorize.ts',
    'if (!gateway.consent.returnUrls.includes(value.return_url)) {',
    "if (value.return_url === 'none') {",
  ],
];

const where = { tests: ['test/http/authorize.test.ts', 'test/http/authorize-attacks.test.ts'], pattern: '.' };

export const CONSENT_MUTANTS: readonly Mutant[] = MISTAKES.map(([name, file, find, replace]) => ({
  name,
  file,
  find,
  replace,
  where,
}));
