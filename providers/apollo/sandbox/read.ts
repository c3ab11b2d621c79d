import { campaignView, stepView, touchView } from './views.ts';
import { noSuchRecord, ok, refuse } from './replies.ts';
import type { Reply } from './replies.ts';
import { check, searchParams } from './schemas.ts';
import { stepsOf, touchOf } from './state.ts';
import type { Campaign, State } from './state.ts';

export interface SearchWorld {
  readonly page_as: 'number' | 'string';
  readonly search_rows: 'plain' | 'with_steps';
}

/** No default page size is documented; a caller that relies on one gets this. */
const DEFAULT_PER_PAGE = 25;

/** `POST /emailer_campaigns/search` with the parameters of query and body together. */
export function searchCampaigns(state: State, world: SearchWorld, input: unknown): Reply {
  const checked = check(searchParams, input);
  if (checked.error !== undefined) return refuse(422, checked.error);
  const { page = 1, per_page = DEFAULT_PER_PAGE, q_name } = checked.value;
  const found = [...state.campaigns.values()].filter(({ name }) => matches(name, q_name));
  const rows = found.slice((page - 1) * per_page, page * per_page);
  return ok({
    pagination: {
      // A number, a numeric string or null, as supaglue found (packages/core/remotes/impl/apollo/index.ts, 2023).
      page: world.page_as === 'string' ? String(page) : page,
      per_page,
      total_entries: found.length,
      total_pages: Math.ceil(found.length / per_page),
    },
    breadcrumbs: q_name ? [{ label: 'Name', signal_field_name: 'q_name', value: q_name, display_name: q_name }] : [],
    emailer_campaigns: rows.map((campaign) => searchRow(state, world, campaign)),
    num_fetch_result: null,
  });
}

/** `GET /emailer_campaigns/{id}`, which no Apollo document has. */
export function getCampaign(state: State, id: string): Reply {
  const campaign = state.campaigns.get(id);
  if (!campaign) return noSuchRecord();
  const steps = stepsOf(state, id);
  const touches = steps.map((step) => touchOf(state, step.id)).filter((touch) => touch !== undefined);
  const templateIds = new Set(touches.map((touch) => touch.emailer_template_id));
  return ok({
    emailer_campaign: campaignView(state, campaign),
    emailer_steps: steps.map(stepView),
    emailer_touches: touches.map(touchView),
    emailer_templates: [...templateIds].map((templateId) => state.templates.get(templateId)),
    attachments: [],
  });
}

/** Three public clients read step summaries from live rows; the documented example has none. */
function searchRow(state: State, world: SearchWorld, campaign: Campaign): Record<string, unknown> {
  const row = campaignView(state, campaign);
  return world.search_rows === 'plain' ? row : { ...row, emailer_steps: stepsOf(state, campaign.id).map(stepView) };
}

function matches(name: string, part: string | undefined): boolean {
  return part === undefined || name.toLowerCase().includes(part.toLowerCase());
}
