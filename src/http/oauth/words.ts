/** The words that tell why an account was not connected: at a return URL as `error`, and when the authorization is looked at. */

interface Word {
  readonly what: string;
  readonly next: string;
}

const AGAIN = 'Begin again.';
const REGISTRATION =
  "The operator compares the provider's registration of the application with the gateway's settings.";

/** The README's table and the page of development mode are made of this. */
export const CONSENT_WORDS = {
  access_denied: { what: 'The person said no.', next: 'Ask again only if the person wants it.' },
  invalid_request: {
    what: 'The provider refused to ask: something in the request is wrong for it.',
    next: REGISTRATION,
  },
  unauthorized_client: { what: 'The provider refused to ask for this application.', next: REGISTRATION },
  unsupported_response_type: { what: 'The provider refused to ask for a code.', next: REGISTRATION },
  invalid_scope: { what: 'The provider refused to ask for these scopes.', next: REGISTRATION },
  server_error: { what: 'The provider failed while it asked.', next: 'Begin again in a minute.' },
  temporarily_unavailable: {
    what: 'The provider was busy or not reached, and nothing was granted.',
    next: 'Begin again in a minute.',
  },
  provider_error: {
    what: 'The provider sent a word of its own, or neither a code nor an error.',
    next: `${AGAIN} If it stays, the provider's support can say what it means.`,
  },
  code_refused: { what: 'The provider does not take the code any more.', next: AGAIN },
  exchange_failed: {
    what: 'The token endpoint failed (5xx), answered unreadably or not at all.',
    next: 'Begin again in a minute.',
  },
  gateway_misconfigured: {
    what: "The provider does not take the gateway's client id and secret.",
    next: 'The operator mends STEPGATE_OAUTH_<PROVIDER>_CLIENT_ID and …_CLIENT_SECRET.',
  },
  confirmed_for_another: {
    what: 'It was confirmed for another customer than the one it was made for, so what was granted was dropped. Only `GET …/authorize/{id}` tells this.',
    next: 'If nobody tried to trick somebody, confirm for the customer who is signed in, and begin again.',
  },
} as const satisfies Readonly<Record<string, Word>>;

export type ConsentWord = keyof typeof CONSENT_WORDS;

export function isConsentWord(word: string): word is ConsentWord {
  return Object.hasOwn(CONSENT_WORDS, word);
}

export function consentWordsMarkdown(): string {
  const rows = Object.entries(CONSENT_WORDS).map(([word, { what, next }]) => `| \`${word}\` | ${what} | ${next} |`);
  return ['| `error` | what happened | what to do |', '| --- | --- | --- |', ...rows].join('\n');
}
