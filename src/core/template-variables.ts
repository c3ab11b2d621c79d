/** Template variables: braces that a provider is not known to fill in would reach people as braces. */

const CLOSED = /\{{2,}[\s\S]*?\}{2,}/g;
const OPENED = /\{{2,}/g;

/** The variables in a text that are not, to the letter, among the verified names. Each is named once. */
export function unverifiedVariables(text: string, verified: readonly string[]): readonly string[] {
  const known = new Set(verified.map((name) => `{{${name}}}`));
  return [...new Set(variablesIn(text))].filter((whole) => !known.has(whole));
}

/** What is behind the last closing braces is not searched for more of them: for each opening ones that would be all the rest of the text. */
function variablesIn(text: string): readonly string[] {
  const end = text.includes('}}') ? text.lastIndexOf('}}') + 2 : 0;
  return [...(text.slice(0, end).match(CLOSED) ?? []), ...(text.slice(end).match(OPENED) ?? [])];
}
