/** The eleven counters that sequences, steps, links and templates all carry, read-only. */
export const COUNTERS = [
  'bounceCount',
  'clickCount',
  'deliverCount',
  'failureCount',
  'negativeReplyCount',
  'neutralReplyCount',
  'openCount',
  'optOutCount',
  'positiveReplyCount',
  'replyCount',
  'scheduleCount',
] as const;

/** Attributes that Outreach shows and does not take: it calls them private when they are sent. */
export const READ_ONLY: ReadonlySet<string> = new Set([
  ...COUNTERS,
  'archivedAt',
  'automationPercentage',
  'bodyText',
  'createdAt',
  'displayName',
  'durationInDays',
  'enabled',
  'enabledAt',
  'engagementScore',
  'interestedCount',
  'lastUsedAt',
  'locked',
  'lockedAt',
  'numContactedProspects',
  'numRepliedProspects',
  'sequenceStepCount',
  'throttlePausedAt',
  'updatedAt',
]);
