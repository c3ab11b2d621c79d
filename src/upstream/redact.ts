/** What of a provider's answer may be shown: capped in size, and without the credentials that it might echo. */

const MAX_SHOWN_CHARACTERS = 2_000;

/** The body with every occurrence of the secrets replaced; a large one is shown as the beginning of its text. */
export function redactBody(body: unknown, secrets: readonly string[]): unknown {
  const clean = redact(
    body,
    secrets.filter((secret) => secret !== ''),
  );
  const text = typeof clean === 'string' ? clean : JSON.stringify(clean ?? null);
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}… (cut)` : clean;
}

function redact(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return secrets.reduce((text, secret) => text.replaceAll(secret, '***'), value);
  if (Array.isArray(value)) return value.map((item) => redact(item, secrets));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, inner]) => [String(redact(key, secrets)), redact(inner, secrets)]);
  return Object.fromEntries(entries);
}
