/** Every write of the gateway under one roof: what is asked is plain data, so that it can be kept and gone on with later. */
import { isNone } from '../model/cell.ts';
import type { ActionTarget } from '../model/actions.ts';
import type { NamedProvider, OperationName } from '../model/declaration.ts';
import type { SequenceChange, SequenceRecord } from '../model/sequence.ts';
import type { StepChange } from '../model/step-change.ts';
import type { StepTarget } from '../model/update.ts';
import type { Warning } from '../model/warning.ts';
import { act, previewAction } from './act.ts';
import { createBatch, type BatchInput, type BatchTools } from './create-batch.ts';
import { createSequence, previewSequence } from './create-sequence.ts';
import { createSteps, previewSteps, type CreatedSteps, type CreateStepsRequest } from './create-steps.ts';
import type { Asked } from './negotiate.ts';
import type { Handling } from './policy.ts';
import type { Upstream } from './ports.ts';
import type { Preview } from './prepare.ts';
import { previewBatch, type BatchPreview } from './preview-batch.ts';
import { previewRecommended, recommended } from './recommended.ts';
import { previewSequenceUpdate, updateSequence } from './update-sequence.ts';
import { previewStepUpdate, updateStep } from './update-step.ts';
import type { WriteTools } from './write.ts';

/** How the caller wants it, and what the door has found already, such as unknown keys. */
interface Manner {
  readonly handling: Handling;
  readonly warnings: readonly Warning[];
}

export interface WriteInputs {
  readonly create_steps: Manner & { readonly sequence_id: string; readonly asked: Asked };
  readonly create_batch: BatchInput;
  readonly create_sequence: Manner & { readonly record: SequenceRecord; readonly recommended: boolean };
  readonly update_step: Manner & { readonly target: StepTarget; readonly record: StepChange };
  readonly update_sequence: Manner & { readonly sequence_id: string; readonly record: SequenceChange };
  readonly activate_sequence: ActionTarget;
  readonly deactivate_sequence: ActionTarget;
  readonly delete_sequence: ActionTarget;
  readonly delete_step: ActionTarget;
}

export type WriteKind = keyof WriteInputs;

export interface WriteAnswer {
  readonly status: 200 | 201 | 204;
  /** Without the warnings, which every answer with a body has. */
  readonly body?: object;
  readonly warnings: readonly Warning[];
  /** Those that stand further inside the body. */
  readonly inside?: readonly Warning[];
}

interface Write<I> {
  /** The operation of the provider that it stands on. */
  readonly operation: OperationName;
  preview(
    provider: NamedProvider,
    input: I,
    upstream: Upstream,
    describe: BatchTools['describe'],
  ): Promise<Preview | BatchPreview>;
  run(provider: NamedProvider, input: I, tools: WriteTools & BatchTools): Promise<WriteAnswer>;
}

export const WRITES: { readonly [K in WriteKind]: Write<WriteInputs[K]> } = {
  create_steps: {
    operation: 'create_steps',
    preview: (provider, input, upstream) => previewSteps(stepCreation(provider, input), upstream),
    run: (provider, input, tools) => createSteps(stepCreation(provider, input), tools).then(createdStep),
  },
  create_batch: {
    operation: 'create_steps',
    preview: (provider, input, upstream, describe) =>
      previewBatch({ provider, operation: declared(provider, 'create_steps') }, input, upstream, describe),
    run: async (provider, input, tools) => {
      const subject = { provider, operation: declared(provider, 'create_steps') };
      const results = await createBatch(subject, input, tools);
      const inside = results.flatMap((result) => ('warnings' in result ? result.warnings : []));
      return { status: 200, body: { results }, warnings: input.warnings, inside };
    },
  },
  create_sequence: {
    operation: 'create_sequence',
    preview: (provider, { recommended: asRecommended, ...input }, upstream) => {
      const request = { provider, operation: declared(provider, 'create_sequence'), ...input };
      const shown = previewSequence(request, upstream);
      return asRecommended ? previewRecommended(shown) : shown;
    },
    run: async (provider, { recommended: asRecommended, ...input }, tools) => {
      const request = { provider, operation: declared(provider, 'create_sequence'), ...input };
      const making = createSequence(request, tools);
      const { id, step_ids: ids, warnings } = await (asRecommended ? recommended(making) : making);
      const steps = ids?.map((each) => ({ id: each }));
      return { status: 201, body: { record: { id, ...(steps ? { steps } : {}) } }, warnings };
    },
  },
  update_step: {
    operation: 'update_step',
    preview: (provider, input, upstream) => previewStepUpdate(stepUpdate(provider, input), upstream),
    run: async (provider, input, tools) => {
      const warnings = await updateStep(stepUpdate(provider, input), tools);
      return { status: 200, body: { record: { id: input.target.step_id } }, warnings };
    },
  },
  update_sequence: {
    operation: 'update_sequence',
    preview: (provider, input, upstream) =>
      previewSequenceUpdate({ provider, operation: declared(provider, 'update_sequence'), ...input }, upstream),
    run: async (provider, input, tools) => {
      const request = { provider, operation: declared(provider, 'update_sequence'), ...input };
      const warnings = await updateSequence(request, tools);
      return { status: 200, body: { record: { id: input.sequence_id } }, warnings };
    },
  },
  activate_sequence: action('activate_sequence'),
  deactivate_sequence: action('deactivate_sequence'),
  delete_sequence: action('delete_sequence'),
  delete_step: action('delete_step'),
};

type ActionName = 'activate_sequence' | 'deactivate_sequence' | 'delete_sequence' | 'delete_step';

function action(name: ActionName): Write<ActionTarget> {
  const deletes = name.startsWith('delete_');
  return {
    operation: name,
    preview: (provider, target, upstream) =>
      previewAction({ provider, action: declared(provider, name), target }, upstream),
    run: async (provider, target, tools) => {
      const warnings = await act({ provider, action: declared(provider, name), target }, tools);
      return deletes
        ? { status: 204, warnings }
        : { status: 200, body: { record: { id: target.sequence_id } }, warnings };
    },
  };
}

function stepCreation(
  provider: NamedProvider,
  { sequence_id, asked, handling, warnings }: WriteInputs['create_steps'],
): CreateStepsRequest {
  const operation = declared(provider, 'create_steps');
  return { provider, operation, sequence_id, asked: [asked], handling, warnings, looked: undefined };
}

function createdStep({ ids, warnings }: CreatedSteps): WriteAnswer {
  return { status: 201, body: { record: { id: ids[0] } }, warnings };
}

function stepUpdate(provider: NamedProvider, input: WriteInputs['update_step']) {
  const reading = provider.can.get_sequence;
  const types = isNone(reading) ? {} : reading.types;
  return { provider, operation: declared(provider, 'update_step'), types, ...input };
}

/** The door has asked for it before: it is missing only where a provider has lost it since the operation began. */
function declared<N extends OperationName>(provider: NamedProvider, name: N) {
  const operation: NamedProvider['can'][N] = provider.can[name];
  if (isNone(operation)) throw new TypeError(`${provider.name} has no ${name}.`);
  return operation as Exclude<typeof operation, { readonly support: 'none' }>;
}
