import { switched } from './enablement.ts';
import { found } from './refusals.ts';
import type { LinkChange, LinkDraft } from './schemas.ts';
import { merged } from './state.ts';
import type { Link, State } from './state.ts';
import type { OutreachWorld } from './worlds.ts';

/** A link to a call or a task is taken: supaglue writes a template for every type of step. */
export function addLink(state: State, draft: LinkDraft, world: OutreachWorld, now: string): Link {
  const enabled = world.link_enabled === 'on';
  const link: Link = {
    id: (state.lastId.link += 1),
    attributes: {
      isReply: draft.attributes?.isReply ?? false,
      enabled,
      enabledAt: enabled ? now : null,
      createdAt: now,
      updatedAt: now,
    },
    relationships: whereBothExist(state, draft.relationships),
  };
  state.links.set(link.id, link);
  return link;
}

export function changeLink(state: State, link: Link, change: LinkChange, now: string): void {
  const relationships = whereBothExist(state, merged(link.relationships, change.relationships));
  const attributes = { ...merged(link.attributes, change.attributes), updatedAt: now };
  state.links.set(link.id, { ...link, attributes, relationships });
}

export function switchLink(state: State, link: Link, enabled: boolean, world: OutreachWorld, now: string): void {
  const attributes = switched(link.attributes, enabled, 'Sequence template', world, now);
  state.links.set(link.id, { ...link, attributes });
}

function whereBothExist(state: State, relationships: Link['relationships']): Link['relationships'] {
  found(state.steps, 'sequenceStep', relationships.sequenceStep.data.id);
  found(state.templates, 'template', relationships.template.data.id);
  return relationships;
}
