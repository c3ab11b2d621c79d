/** The scopes that Apollo documents for the operations of sequences and beside them: https://docs.apollo.io, 2026-08. */
export const SCOPES: readonly string[] = [
  'emailer_campaigns_search',
  'emailer_campaigns_create',
  'emailer_campaigns_update',
  'emailer_campaigns_approve',
  'emailer_campaigns_abort',
  'emailer_campaigns_archive',
  'emailer_campaigns_add_contact_ids',
  'emailer_campaigns_remove_or_stop_contact_ids',
  'emailer_campaigns_activity_feed',
  'emailer_schedules_list',
  'email_accounts_list',
  'contacts_search',
  'users_list',
];
