/** Actions reach a state: one that is there already is no error, and nothing is sent for it. */
import type { Action, ActionLook, ActionTarget } from '../model/actions.ts';
import type { NamedProvider } from '../model/declaration.ts';
import { ProblemError } from '../model/problem.ts';
import { warning, type Warning } from '../model/warning.ts';
import type { Upstream } from './ports.ts';
import type { WriteTools } from './write.ts';
import { preview, write, type Preview, type Task } from './prepare.ts';

export interface ActionRequest {
  readonly provider: NamedProvider;
  readonly action: Action;
  readonly target: ActionTarget;
}

export async function previewAction(request: ActionRequest, upstream: Upstream): Promise<Preview> {
  const { requests, known } = await preview(taskOf(request), upstream);
  return { requests, warnings: known.done ? [alreadySo(request)] : [] };
}

/** @returns the warning ALREADY_IN_STATE where there was nothing to do. */
export async function act(request: ActionRequest, tools: WriteTools): Promise<readonly Warning[]> {
  const { known, already } = await write(taskOf(request), tools);
  return known.done || already ? [alreadySo(request)] : [];
}

/** That there is no such record is what the provider says; anything else is the gateway's own judgement. */
function refused(refusal: NonNullable<ActionLook['refusal']>, { name }: NamedProvider): ProblemError {
  const origin = refusal.code === 'PROVIDER_RECORD_NOT_FOUND' ? 'remote-provider' : 'gateway';
  return new ProblemError({ ...refusal, provider: name, origin });
}

function alreadySo({ provider }: ActionRequest): Warning {
  const detail = `${provider.title} says that this is so already.`;
  return warning(provider.name, { type: 'ALREADY_IN_STATE', pointer: '', detail });
}

function taskOf({ provider, action, target }: ActionRequest): Task<ActionTarget, ActionLook, void> {
  return {
    provider,
    handling: 'lenient',
    warnings: [],
    negotiate: () => ({ plan: target, warnings: [], refusals: [] }),
    look: async (plan, read) => {
      const known = await action.look(plan, read);
      if (known.refusal) throw refused(known.refusal, provider);
      return { known };
    },
    write: async (plan, known, send) => {
      if (!known.done) await action.write(plan, send);
    },
    pointerOf: () => '',
  };
}
