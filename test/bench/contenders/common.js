// What the contenders share, so that they differ only in their stack: the credentials of 1,000 customers, the mapping, the port.
// Plain JavaScript, like those who use it: nobody's start includes the stripping of types.
import { z } from 'zod';
import { tokenOf } from './tokens.js';

export { tokenOf };

export const body = z.object({
  record: z.object({
    type: z.enum(['auto_email', 'manual_email', 'call', 'task']),
    interval_seconds: z.int().nonnegative(),
    task_note: z.string().optional(),
    order: z.int().positive().optional(),
  }),
});

export const PATH = '/api/v2/sequenceSteps';

export function headersFor(customer) {
  return {
    'content-type': 'application/vnd.api+json',
    accept: 'application/vnd.api+json',
    authorization: `Bearer ${tokenOf(customer)}`,
  };
}

export function toProvider(sequenceId, { type, interval_seconds, task_note, order }) {
  const attributes = { stepType: type, interval: interval_seconds, order, taskNote: task_note };
  const relationships = { sequence: { data: { type: 'sequence', id: Number(sequenceId) } } };
  return JSON.stringify({ data: { type: 'sequenceStep', attributes, relationships } });
}

export function toCaller(text) {
  return { record: { id: String(JSON.parse(text).data.id) }, warnings: [] };
}
