/** The kinds of credential that a provider can take. */
export type CredentialType = 'api_key' | 'access_token';
