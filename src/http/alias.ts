/** The prefix under which clients of the archived unified engagement API find the unified resources. */
export const ALIAS_PREFIX = '/engagement/v2';
