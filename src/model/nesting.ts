/** What can be told of a JSON text before it is parsed: what walks a tree that is nested without end would be exhausted by it. */

const [QUOTE, BACKSLASH, COLON, OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [34, 92, 58, 123, 125, 91, 93];

/** @returns how many keys stand in it, repeated ones too: each has one colon outside of texts. Undefined where it is nested deeper than the limit. */
export function keysWithin(limit: number, json: string): number | undefined {
  let depth = 0;
  let colons = 0;
  let inText = false;
  for (let index = 0; index < json.length; index += 1) {
    const character = json.charCodeAt(index);
    if (inText && character === BACKSLASH) index += 1;
    else if (character === QUOTE) inText = !inText;
    else if (inText) continue;
    else if (character === COLON) colons += 1;
    else if (character === OPEN_BRACE || character === OPEN_BRACKET) depth += 1;
    else if (character === CLOSE_BRACE || character === CLOSE_BRACKET) depth -= 1;
    if (depth > limit) return undefined;
  }
  return colons;
}
