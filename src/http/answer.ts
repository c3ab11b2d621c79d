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
  const bytes = Buffer.from(JSON.stringify(body));
  return said(c, new Response(bytes, { status, headers: { ...headersOf(c), 'content-type': type } }));
}

/** 204. */
export function answerNothing(c: RequestContext): Response {
  return said(c, new Response(null, { status: 204, headers: headersOf(c) }));
}

/** Adds the headers of this request to a response that was made without them, such as a page. */
export function sayTheRest(c: RequestContext, response: Response): void {
  if (c.get('telling').saidIn === response) return;
  for (const [name, value] of Object.entries(headersOf(c))) response.headers.set(name, value);
}

function said(c: RequestContext, response: Response): Response {
  c.get('telling').saidIn = response;
  return response;
}

function headersOf(c: RequestContext): Readonly<Record<string, string>> {
  const { headers, budget } = c.get('telling');
  return budget ? { ...headers, ...budget() } : headers;
}
