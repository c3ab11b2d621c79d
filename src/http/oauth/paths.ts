/** The paths that a person's browser opens: without an API key, answered with pages, and one of them a secret. */

export function isForBrowsers(path: string): boolean {
  return /^\/oauth\/(start\/[^/]+|callback)$/.test(path);
}

/** Whoever has the end of a start path can go on in its person's place. */
export function keepFromLog(path: string): string {
  return path.replace(/^\/oauth\/start\/.+$/, '/oauth/start/***');
}
