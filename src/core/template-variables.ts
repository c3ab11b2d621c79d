/** Template variables: braces that a provider is not known to fill in would reach people as braces. */

const VARIABLE = /\{\{([^{}]*)\}\}/g;

/** The variables in a text, with their braces, that are not among the verified names. Each is named once. */
export function unverifiedVariables(text: string, verified: readonly string[]): readonly string[] {
  const found = [...text.matchAll(VARIABLE)].filter(([, name = '']) => !verified.includes(name.trim()));
  return [...new Set(found.map(([whole]) => whole))];
}
