/** How deep a JSON text is nested, told before anything is parsed: what walks a tree could be exhausted by it. */

const [QUOTE, BACKSLASH, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [34, 92, 123, 125, 91, 93];

/** Counts brackets outside of texts. */
export function isDeeperThan(limit: number, json: string): boolean {
  if (json.length <= limit) return false;
  let depth = 0;
  let inText = false;
  for (let index = 0; index < json.length; index += 1) {
    const character = json.charCodeAt(index);
    if (inText && character === BACKSLASH) index += 1;
    else if (character === QUOTE) inText = !inText;
    else if (!inText && (character === OPEN_BRACE || character === OPEN_BRACKET)) depth += 1;
    else if (!inText && (character === CLOSE_BRACE || character === CLOSE_BRACKET)) depth -= 1;
    if (depth > limit) return true;
  }
  return false;
}
