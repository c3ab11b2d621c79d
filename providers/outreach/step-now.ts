/** What an Outreach step is before it is changed, and whether it still is when a change that was left is gone on with. */
import { z } from 'zod';
import type { Comparison, Created, PlannedChange, Read, Refusal, StepChange, StepNow, StepTarget } from '#provider';
import { attributesOf } from './change.ts';
import { currentLink, readAll, oneAnswer, toTemplate } from './read.ts';
import { idsOf, resource, type Resource } from './resource.ts';
import { templateRefusals } from './templates.ts';

const VARIANTS = 'Several messages of this Outreach step are on (an A/B test); which one is meant cannot be said here.';

export interface Known {
  /** The step's own, whichever of them are to change. */
  readonly attributes: Native;
  readonly link?: { readonly id: number; readonly enabled: boolean; readonly is_reply: boolean } | undefined;
  /** All links of the step, whichever of them are on. */
  readonly links?: readonly number[];
  /** The template that is linked, where its content is needed. */
  readonly template?: Resource | undefined;
  readonly template_id?: number | undefined;
}

type Native = Readonly<Record<string, unknown>>;

const stepWithTies = z
  .object({ data: resource, included: z.array(resource).default([]) })
  .refine(includesTies, 'the sequence or a link of the step is not included');

export async function lookAtStep(
  { sequence_id, step_id }: StepTarget,
  change: StepChange,
  read: Read,
): Promise<StepNow<Known> | undefined> {
  const query = { include: 'sequence,sequenceTemplates' };
  const { data: step, included } = await read.get(['sequenceSteps', step_id], { query, response: stepWithTies });
  if (!idsOf(step, 'sequence').includes(Number(sequence_id))) return undefined;
  const sequence = included.find(({ type }) => type === 'sequence');
  const links = included.filter(({ type }) => type === 'sequenceTemplate');
  const current = currentLink(links);
  const [templateId] = current ? idsOf(current, 'template') : [];
  const isReply = current?.attributes['isReply'] === true;
  const word = String(step.attributes['stepType']);
  const linking = { word, is_reply: change.is_reply ?? isReply, template: change.template };
  const unfit = await templateRefusals([linking], read);
  const template =
    templateId !== undefined && needsText(change, isReply) ? await readTemplate(templateId, read) : undefined;
  return {
    word,
    known: {
      attributes: step.attributes,
      link: current && { id: current.id, enabled: current.attributes['enabled'] === true, is_reply: isReply },
      links: links.map(({ id }) => id),
      template,
      template_id: templateId,
    },
    is_reply: current ? isReply : undefined,
    template: current ? { subject: template && (toTemplate(template).subject ?? '') } : undefined,
    ...(sequence ? { holds: { date_based: sequence.attributes['sequenceType'] === 'date' } } : {}),
    refusals: [...variants(change, links), ...unfit],
  };
}

/** A link that is only not shown would stay on beside the new one. */
function includesTies({ data: step, included }: { readonly data: Resource; readonly included: readonly Resource[] }) {
  const isShown = (type: string, tie: string): boolean =>
    step.relationships?.[tie]?.data !== undefined &&
    idsOf(step, tie).every((id) => included.some((each) => each.type === type && each.id === id));
  return isShown('sequence', 'sequence') && isShown('sequenceTemplate', 'sequenceTemplates');
}

/** A new template is made of the old one; a reply that becomes a thread needs its subject. */
function needsText({ template, template_update: update, is_reply: asked }: StepChange, isReply: boolean): boolean {
  const replaces = template !== undefined && template.id === undefined && update !== 'in_place';
  return replaces || (asked === false && isReply);
}

async function readTemplate(id: number, read: Read): Promise<Resource> {
  const { data } = await read.get(['templates', id], { response: oneAnswer });
  return data;
}

function variants({ template, is_reply: asked }: StepChange, links: readonly Resource[]): readonly Refusal[] {
  const enabled = links.filter(({ attributes }) => attributes['enabled'] === true);
  if (enabled.length < 2 || (template === undefined && asked === undefined)) return [];
  return [{ code: 'STEP_HAS_VARIANTS', pointer: template ? '/template' : '/is_reply', detail: VARIANTS }];
}

/** A change that was left, and is gone on with after another one, would put its own over the newer one, or beside it. */
export async function isAsKnown(
  target: StepTarget,
  change: PlannedChange,
  known: Known,
  created: readonly Created[],
  read: Read,
): Promise<false | Comparison> {
  const isMessage = change.template !== undefined || change.is_reply !== undefined;
  if (isMessage && !(await hasItsMessage(target, change, known, created, read))) return false;
  const { relationships: _ties, ...custom } = change.custom_fields;
  const asked: Native = { ...attributesOf(change), ...custom };
  if (Object.keys(asked).length === 0) return { before: {}, expected: {}, found: {} };
  const { data } = await read.get(['sequenceSteps', target.step_id], { response: oneAnswer });
  const ofThose = (all: Native): Native => Object.fromEntries(Object.keys(asked).map((key) => [key, all[key]]));
  return { before: ofThose(known.attributes), expected: asked, found: ofThose(data.attributes) };
}

async function hasItsMessage(
  { step_id }: StepTarget,
  { template }: PlannedChange,
  { link, template_id: before }: Known,
  created: readonly Created[],
  read: Read,
): Promise<boolean> {
  const made = (kind: string): readonly number[] =>
    created.flatMap((each) => (each.kind === kind ? Number(each.id) : []));
  const { data: links } = await readAll(['sequenceTemplates'], { 'filter[sequenceStep][id]': step_id }, read);
  const on = links.filter(({ attributes }) => attributes['enabled'] === true);
  if (!on.every(({ id }) => id === link?.id || made('sequence_template').includes(id))) return false;
  if (!link) return true;
  const now = links.find(({ id }) => id === link.id);
  const [says] = now ? idsOf(now, 'template') : [];
  const isSame = says === before || says === Number(template?.id) || made('template').includes(says ?? 0);
  return isSame && (on.length > 0 || !link.enabled);
}
