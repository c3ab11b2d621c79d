/** The operations of the gateway, with what a caller does to reach them. */
import type { OperationName, Provider } from '../model/declaration.ts';
import { isNone } from '../model/declaration.ts';

export const OPERATIONS = ['create_steps', 'list_sequences'] as const satisfies readonly OperationName[];

/** How each operation is reached. */
export const OPERATION_ROUTES: Readonly<Record<OperationName, string>> = {
  create_steps: 'POST /sequences/{sequence_id}/sequence_steps',
  list_sequences: 'GET /sequences',
};

/** The routes that a provider has, for the answer to an operation that it lacks. */
export function availableRoutes(provider: Provider): readonly string[] {
  return OPERATIONS.filter((name) => !isNone(provider.can[name])).map((name) => OPERATION_ROUTES[name]);
}
