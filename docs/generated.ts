/** The generated files with what they ought to hold, worked out from the declarations and the schemas. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { format, resolveConfig } from 'prettier';
import { newKeyRing, parseKeyRing } from '../src/connections/vault.ts';
import { matrixMarkdown, oauthMarkdown, readBackMarkdown } from '../src/core/matrix.ts';
import { loadProviders, type Registry } from '../src/core/registry.ts';
import { openGateway } from '../src/gateway.ts';
import { consentWordsMarkdown } from '../src/http/oauth/words.ts';
import { metricsMarkdown } from '../src/metrics/facts.ts';
import type { NamedProvider } from '../src/model/declaration.ts';
import { answerToReadme } from './answer.ts';

export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

const ROOT = new URL('../', import.meta.url);
export async function generatedFiles(): Promise<readonly GeneratedFile[]> {
  const registry = await loadProviders();
  const providers = [...registry.values()];
  // Alone: it talks to servers in this process, and what formats the others blocks it for longer than they keep a connection.
  const readme = await mainReadme(providers);
  return [readme, ...(await Promise.all([...providers.map(providerReadme), openapiYaml(registry)]))];
}

async function openapiYaml(registry: Registry): Promise<GeneratedFile> {
  const gateway = await openGateway({
    registry,
    apiKey: 'unused',
    database: { file: ':memory:' },
    openDocuments: true,
    keyRing: parseKeyRing(newKeyRing()),
    log: pino({ level: 'silent' }),
  });
  const content = await (await gateway.app.request('/openapi.yaml')).text();
  await gateway.close();
  return formatted('openapi.yaml', content);
}

async function mainReadme(providers: readonly NamedProvider[]): Promise<GeneratedFile> {
  const text = await readFile(new URL('README.md', ROOT), 'utf8');
  const answer = JSON.stringify(await answerToReadme(text), null, 2);
  const withAnswer = replaceSection(text, 'answer', `\`\`\`json\n${answer}\n\`\`\``);
  const withMatrix = replaceSection(withAnswer, 'matrix', matrixMarkdown(providers));
  const withOAuth = replaceSection(withMatrix, 'oauth', oauthMarkdown(providers));
  const withWords = replaceSection(withOAuth, 'consent-words', consentWordsMarkdown());
  const withMetrics = replaceSection(withWords, 'metrics', metricsMarkdown());
  return formatted('README.md', replaceSection(withMetrics, 'read-back', readBackMarkdown(providers)));
}

async function providerReadme(provider: NamedProvider): Promise<GeneratedFile> {
  const file = `providers/${provider.name}/README.md`;
  const text = await readFile(new URL(file, ROOT), 'utf8');
  const withMatrix = replaceSection(text, 'matrix', matrixMarkdown([provider]));
  return formatted(file, replaceSection(withMatrix, 'oauth', oauthMarkdown([provider])));
}

/** Puts the content between `<!-- name:start -->` and `<!-- name:end -->`. */
function replaceSection(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const [before, after] = [text.split(start)[0], text.split(end)[1]];
  if (before === undefined || after === undefined) throw new Error(`There is no place for ${name}.`);
  return `${before}${start}\n\n${content}\n\n${end}${after}`;
}

async function formatted(file: string, content: string): Promise<GeneratedFile> {
  const path = fileURLToPath(new URL(file, ROOT));
  return { path, content: await format(content, { ...(await resolveConfig(path)), filepath: path }) };
}
