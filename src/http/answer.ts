/** Answers as JSON. Their headers are gathered and set once, as a plain record: each `c.header` costs as much as the rest of an answer. */
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { RequestContext } from './env.ts';

/** Sets a header of the answer, in the place of an earlier one. */
export function sayHeader(c: RequestContext, name: string, value: string): void {
  c.get('telling').headers[name] = value;
}

/** Adds to a header that is a list. */
export function addHeader(c: RequestContext, name: string, value: string): void {
  const { headers } = c.get('telling');
  headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
}

export function answerJson(
  c: RequestContext,
  body: unknown,
  status: ContentfulStatusCode = 200,
  type = 'application/json',
): Response {
  const text = JSON.stringify(body);
  const headers = takeHeaders(c);
  headers['content-type'] = type;
  return new Response(text, { status, headers });
}

/** 204. */
export function answerNothing(c: RequestContext): Response {
  return new Response(null, { status: 204, headers: takeHeaders(c) });
}

/** What is left to be said: for what is no JSON, such as pages. */
export function sayTheRest(c: RequestContext): void {
  const headers = takeHeaders(c);
  for (const name in headers) c.header(name, headers[name]);
}

function takeHeaders(c: RequestContext): Record<string, string> {
  const telling = c.get('telling');
  const headers = Object.assign(telling.headers, telling.budget?.());
  c.set('telling', { headers: {} });
  return headers;
}
