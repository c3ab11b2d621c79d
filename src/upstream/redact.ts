/** What of a provider's answer may be shown: capped in size, and without the credentials that it might echo. */

const MAX_SHOWN_CHARACTERS = 2_000;

/** The body with every occurrence of the secrets replaced; a large one is shown as the beginning of its text. */
export function redactBody(body: unknown, secrets: readonly string[]): unknown {
  // Each value is at least one character of the text: what comes after so many is not shown.
  const clean = redact(body, secrets.flatMap(formsOf), { values: MAX_SHOWN_CHARACTERS });
  const text = typeof clean === 'string' ? clean : JSON.stringify(clean ?? null);
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}… (cut)` : clean;
}

/**
 * An answer that was a success, as it came, unless the credential is in it.
 * @param secret one that is short stands in texts by chance, and is left there.
 */
export function withoutSecret(given: string, secret: string): string {
  if (secret.length < MIN_ENCODED_LENGTH) return given;
  const text = ESCAPED.test(given) ? unescaped(given) : given;
  if (PLAIN.test(secret) && !text.includes(secret)) return given;
  const inJson = JSON.stringify(secret).slice(1, -1);
  const clean = text.replaceAll(inJson, '***');
  return inJson === secret ? clean : clean.replaceAll(secret, '***');
}

/** What need not be escaped in JSON, and is by some: a slash, and whatever else is in ASCII but the quote and the backslash. */
const ESCAPED = /\\(?:\/|u00(?!22|5c)[2-7][\da-f])/i;
const ESCAPE = /\\(?:u00(?!22|5c)([2-7][\da-f])|[\s\S])/gi;

/** The same JSON. */
function unescaped(text: string): string {
  return text.replaceAll(ESCAPE, (whole, code?: string) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    return whole === '\\/' ? '/' : whole;
  });
}

/** The same in JSON as it is. */
const PLAIN = /^[\w.~+/=:-]*$/;

/** What is shorter would be found by chance in its other forms. */
const MIN_ENCODED_LENGTH = 8;

/** The secret as it is, and as it may stand in JSON, in a URL, in hex, and in base64 at any place of what was encoded. */
function formsOf(secret: string): readonly string[] {
  if (secret.length < MIN_ENCODED_LENGTH) return secret === '' ? [] : [secret];
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    // The characters that carry bits of what stands before and behind are not the secret's alone.
    const whole = Math.floor(((before + bytes.length) * 8) / 6);
    return text.slice(Math.ceil((before * 8) / 6), whole);
  });
  const forUrls = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  const url = secret.isWellFormed() ? encodeURIComponent(secret) : secret;
  const forms = [secret, JSON.stringify(secret).slice(1, -1), url, bytes.toString('hex'), ...base64, ...forUrls];
  return [...new Set(forms)].toSorted((one, other) => other.length - one.length);
}

/** @param left how many values more are looked at; the others are left out. */
function redact(value: unknown, secrets: readonly string[], left: { values: number }): unknown {
  left.values -= 1;
  if (typeof value === 'string') return secrets.reduce((text, secret) => text.replaceAll(secret, '***'), value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    const shown: unknown[] = [];
    for (const item of value) if (left.values > 0) shown.push(redact(item, secrets, left));
    return shown;
  }
  const shown: [string, unknown][] = [];
  for (const [key, inner] of Object.entries(value))
    if (left.values > 0) shown.push([String(redact(key, secrets, left)), redact(inner, secrets, left)]);
  return Object.fromEntries(shown);
}
