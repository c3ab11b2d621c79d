import { noSuchRecord, ok, refuse } from './replies.ts';
import type { Reply } from './replies.ts';
import { check, searchParams } from './schemas.ts';
import { stepsOf, touchesOf } from './state.ts';
import type { Campaign, Room } from './state.ts';
import { campaignView, stepView, templateView, touchView } from './views.ts';

/** No default page size is documented; a caller that relies on one gets this. */
const DEFAULT_PER_PAGE = 25;

/** `POST /emailer_campaigns/search` with the parameters of query and body together. */
export function searchCampaigns(room: Room, input: unknown): Reply {
  const { state, world } = room;
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
    emailer_campaigns: rows.map((campaign) => searchRow(room, campaign)),
    num_fetch_result: null,
  });
}

/** `GET /emailer_campaigns/{id}`, which no Apollo document has. The recorded one has the templates in reverse. */
export function getCampaign(room: Room, id: string): Reply {
  const { state } = room;
  const campaign = state.campaigns.get(id);
  if (!campaign) return noSuchRecord();
  const steps = stepsOf(state, id);
  const touches = steps.flatMap((step) => touchesOf(state, step.id));
  const templateIds = new Set(touches.toReversed().map((touch) => touch.emailer_template_id));
  const templates = [...templateIds].map((it) => state.templates.get(it)).filter((it) => it !== undefined);
  return ok({
    emailer_campaign: campaignView(room, campaign),
    emailer_steps: steps.map((step) => stepView(room, step)),
    emailer_touches: touches.map((touch) => touchView(room, touch)),
    emailer_templates: templates.map((template) => templateView(room, template)),
    attachments: [],
  });
}

/** Three public clients read step summaries from live rows; the documented example has none. */
function searchRow(room: Room, campaign: Campaign): Readonly<Record<string, unknown>> {
  const row = campaignView(room, campaign);
  if (room.world.search_rows === 'plain') return row;
  return { ...row, emailer_steps: stepsOf(room.state, campaign.id).map((step) => stepView(room, step)) };
}

function matches(name: string, part: string | undefined): boolean {
  return part === undefined || name.toLowerCase().includes(part.toLowerCase());
}
