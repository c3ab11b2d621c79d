/** The operations of the gateway, with what a caller does to reach them. */
import type { OperationName, Provider } from '../model/declaration.ts';
import { isNone } from '../model/cell.ts';

export const OPERATIONS = [
  'list_sequences',
  'get_sequence',
  'create_sequence',
  'create_steps',
  'update_sequence',
  'update_step',
  'activate_sequence',
  'deactivate_sequence',
  'delete_sequence',
  'delete_step',
  'list_templates',
] as const satisfies readonly OperationName[];

/** How each operation is reached. */
export const OPERATION_ROUTES: Readonly<Record<OperationName, string>> = {
  list_sequences: 'GET /sequences',
  get_sequence: 'GET /sequences/{sequence_id}[/sequence_steps[/{sequence_step_id}]]',
  create_sequence: 'POST /sequences',
  create_steps: 'POST /sequences/{sequence_id}/sequence_steps[/_batch]',
  update_sequence: 'PATCH /sequences/{sequence_id}',
  update_step: 'PATCH /sequences/{sequence_id}/sequence_steps/{sequence_step_id}',
  activate_sequence: 'POST /sequences/{sequence_id}/actions/activate',
  deactivate_sequence: 'POST /sequences/{sequence_id}/actions/deactivate',
  delete_sequence: 'DELETE /sequences/{sequence_id}',
  delete_step: 'DELETE /sequences/{sequence_id}/sequence_steps/{sequence_step_id}',
  list_templates: 'GET /templates[/{template_id}]',
};

/** The routes that a provider has, for the answer to an operation that it lacks. */
export function availableRoutes(provider: Provider): readonly string[] {
  return OPERATIONS.filter((name) => !isNone(provider.can[name])).map((name) => OPERATION_ROUTES[name]);
}
