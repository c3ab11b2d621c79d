/** What a handler answers; a string is sent as text/plain, anything else as JSON. */
export interface Reply {
  readonly status: 200 | 400 | 401 | 403 | 404 | 422;
  readonly body: unknown;
}

export function ok(body: unknown): Reply {
  return { status: 200, body };
}

/** Apollo's usual error shape. Wording that no source gives is the sandbox's own. */
export function refuse(status: Exclude<Reply['status'], 200>, error: string, errorCode?: string): Reply {
  return { status, body: errorCode === undefined ? { error } : { error, error_code: errorCode } };
}

export function noSuchRecord(): Reply {
  return refuse(404, 'Record not found.');
}
