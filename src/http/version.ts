import manifest from '../../package.json' with { type: 'json' };

export const VERSION: string = manifest.version;

/** Some providers refuse a call without one. */
export const USER_AGENT = `stepgate/${VERSION}`;
