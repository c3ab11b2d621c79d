export const ORIGIN = 'https://api.salesloft.com';

/** Another record, as Salesloft points to it. */
export function reference(resource: string, id: number): { _href: string; id: number } {
  return { _href: `${ORIGIN}/v2/${resource}/${id}`, id };
}

/** ISO 8601 with microseconds. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
