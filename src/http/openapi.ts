/** The API document, made of the same schemas that the routes validate with. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { ALIAS_PREFIX } from './alias.ts';
import { HEADER_COMPONENTS } from './response-headers.ts';
import { documented, type Route } from './routes/route.ts';
import { VERSION } from './version.ts';

const DESCRIPTION = `One HTTP API in front of many sales-engagement products. A caller sends one provider-neutral record; what a
product cannot do comes back as warnings, never in silence.

The unified resources (\`/sequences\` and what lies below) are also served under \`${ALIAS_PREFIX}\`.
\`x-role\` of an operation is the role that an API key needs for it: \`read\`, \`write\` or \`admin\`, each of which may do what those before it may.
Every kind of warning is listed at the schema \`Warning\`, every error code at the schema \`Errors\`.
`;

export function openapiDocument(routes: readonly Route[]) {
  const app = new OpenAPIHono();
  const registry = app.openAPIRegistry;
  for (const route of routes) registry.registerPath(documented(route));
  registry.registerComponent('securitySchemes', 'apiKey', { type: 'apiKey', in: 'header', name: 'x-api-key' });
  registry.registerComponent('securitySchemes', 'plainApiKey', { type: 'apiKey', in: 'header', name: 'Api-Key' });
  for (const [name, header] of Object.entries(HEADER_COMPONENTS)) registry.registerComponent('headers', name, header);
  registry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Stepgate',
      version: VERSION,
      description: DESCRIPTION,
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    servers: [{ url: '/', description: 'This gateway' }],
    tags: [
      { name: 'Sequence steps', description: 'Steps of a sequence.' },
      { name: 'Sequences', description: 'Sequences in the provider.' },
      { name: 'Templates', description: 'Templates in the provider.' },
      { name: 'Connections', description: "A customer's credentials for a provider." },
      { name: 'Providers', description: 'What each provider can do.' },
      { name: 'API keys', description: "The gateway's own keys, and who did what with them." },
      { name: 'Operations', description: 'Running the gateway.' },
    ],
  });
}
