import { flagOf, own, refused } from './query.ts';
import type { Query } from './query.ts';
import type { Resource, ResourceType } from './resources.ts';
import type { OutreachWorld } from './worlds.ts';

/** What a read can ask for beside the resource itself. */
export const EXPANSION_PARAMETERS: readonly string[] = ['include', 'provideAuthorizationMeta'];

export interface Expansion {
  /** The relationships to follow, such as `sequenceTemplates`, `template`. */
  readonly paths: readonly (readonly string[])[];
  readonly authorization: boolean;
}

export interface Expanded {
  readonly data: readonly Resource[];
  readonly included?: readonly Resource[];
}

/** Where the relationships lead whose resources are served here; users, rulesets and the others are not. */
const LEADS_TO: Readonly<Record<ResourceType, Readonly<Record<string, ResourceType>>>> = {
  sequence: { sequenceSteps: 'sequenceStep' },
  sequenceStep: { sequence: 'sequence', sequenceTemplates: 'sequenceTemplate' },
  sequenceTemplate: { sequenceStep: 'sequenceStep', template: 'template' },
  template: {},
};

/** `include=a,b.c` on a read: https://developers.outreach.io/api/making-requests (fetching related resources). */
export function expansionOf(query: Query, type: ResourceType): Expansion {
  const include = query.get('include');
  const paths = include === undefined ? [] : include.split(',').map((path) => path.split('.'));
  for (const path of paths) refuseUnknown(path, type);
  return { paths, authorization: flagOf(query, 'provideAuthorizationMeta') };
}

/**
 * The resources with what was asked for. As JSON:API has it, a path includes what lies on its way, and nothing is
 * there twice: https://jsonapi.org/format/1.0/#fetching-includes
 */
export function expand(
  resources: readonly Resource[],
  { paths, authorization }: Expansion,
  world: OutreachWorld,
  resolve: (identifier: Identifier) => Resource,
): Expanded {
  const followed = paths.filter((path) => path.length === 1 || world.include === 'works');
  const known = new Map(resources.map((each) => [keyOf(each), each]));
  const included = new Map<string, Resource>();
  for (const path of followed) {
    let level = resources;
    for (const name of path) {
      level = level.flatMap((each) => linked(each, name)).map((each) => known.get(keyOf(each)) ?? resolve(each));
      for (const each of level) if (!known.has(keyOf(each))) included.set(keyOf(each), each);
    }
  }
  return {
    data: authorization ? resources.map(withAuthorization) : resources,
    ...(followed.length > 0 ? { included: [...included.values()] } : {}),
  };
}

export interface Identifier {
  readonly type: ResourceType;
  readonly id: number;
}

/** The token's user may do everything here: https://developers.outreach.io/api/reference (Sequence Resource Metadata). */
const withAuthorization = (resource: Resource): Resource => ({
  ...resource,
  meta: { canWrite: true, canDelete: true },
});

function refuseUnknown(path: readonly string[], from: ResourceType): void {
  path.reduce<ResourceType>((type, name) => {
    const next = own(LEADS_TO[type], name);
    if (next === undefined) throw refused(`The relationship '${path.join('.')}' is not included here.`);
    return next;
  }, from);
}

function linked({ type: from, relationships }: Resource, name: string): readonly Identifier[] {
  const type = own(LEADS_TO[from], name);
  const data = relationships[name]?.data ?? [];
  return type === undefined ? [] : [data].flat().map(({ id }) => ({ type, id }));
}

const keyOf = ({ type, id }: Identifier): string => `${type}:${id}`;
