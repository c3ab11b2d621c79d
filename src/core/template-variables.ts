/** Template variables: braces that a provider is not known to fill in would reach people as braces. */

const VARIABLE = /\{{2,}[\s\S]*?\}{2,}|\{{2,}/g;

/** The variables in a text that are not, to the letter, among the verified names. Each is named once. */
export function unverifiedVariables(text: string, verified: readonly string[]): readonly string[] {
  const known = new Set(verified.map((name) => `{{${name}}}`));
  return [...new Set([...text.matchAll(VARIABLE)].map(([whole]) => whole))].filter((whole) => !known.has(whole));
}
