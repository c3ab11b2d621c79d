/** The form that a text must have, for checking, for data and in words. */
export interface Form {
  readonly pattern: RegExp;
  /** All of the rule: a pattern can be wider, as where a number must also be kept exactly. */
  readonly matches: (text: string) => boolean;
  /** Follows "takes" and "is", such as `a positive whole number`. */
  readonly says: string;
}

export function form(pattern: RegExp, says: string): Form {
  return { pattern, matches: (text) => pattern.test(text), says };
}

const POSITIVE = /^[1-9]\d{0,15}$/;

/** Without sign, exponent or leading zero, and none that would be sent as its neighbour. */
export const positiveInteger: Form = {
  pattern: POSITIVE,
  matches: (text) => POSITIVE.test(text) && Number.isSafeInteger(Number(text)),
  says: `a positive whole number up to ${Number.MAX_SAFE_INTEGER}`,
};

export const hex24 = form(/^[0-9a-f]{24}$/i, '24 hexadecimal digits');
