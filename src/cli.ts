/**
 * The commands. Everything that the process does to the outside begins here. What only one of them needs, it imports itself, and
 * only once its settings are known to be good: a word about them does not wait for the whole gateway.
 */
import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { readDevConfig, readRotateConfig, readServeConfig } from './config/config.ts';
import { ConfigError } from './config/settings.ts';
import { KeyRingError } from './connections/key-ring.ts';
import { newKeyRing } from './connections/vault.ts';
import { loadProviders } from './core/registry.ts';
import { VERSION } from './http/version.ts';
import { DatabaseUnusable } from './store/failures.ts';

const program = new Command('stepgate')
  .description('One HTTP API in front of many sales-engagement products.')
  .version(VERSION);

program
  .command('dev')
  .description('the gateway in front of sandboxes of all providers, on this machine alone')
  .action(async () => {
    const config = readDevConfig(process.env);
    const { runDev } = await import('./commands/dev.ts');
    await runDev(config);
  });

program
  .command('serve')
  .description('the gateway in production')
  .addHelpText('after', '\nSettings, such as PORT (8080), are read from the environment: see "Settings" in README.md.')
  .action(async () => {
    const registry = await loadProviders();
    const config = readServeConfig(process.env, registry.values());
    const { serve } = await import('./commands/serve.ts');
    await serve(config, registry);
  });

const keys = program.command('keys').description('keys for "stepgate serve"');

keys
  .command('new')
  .description('print new settings; keep them secret')
  .action(() => {
    const apiKey = `sg_${randomBytes(24).toString('base64url')}`;
    process.stdout.write(`STEPGATE_ENCRYPTION_KEYS=${newKeyRing()}\nSTEPGATE_API_KEY=${apiKey}\n`);
  });

keys
  .command('rotate')
  .description('seal everything again with the first key of STEPGATE_ENCRYPTION_KEYS, while gateways serve')
  .option('--give-up <id>', 'a key that is lost: what it has sealed is named, and the key is not asked for any more')
  .action(async ({ giveUp }: { readonly giveUp?: string }) => {
    const config = readRotateConfig(process.env);
    const [{ rotateIn, rotationText }, { whereIs }] = await Promise.all([
      import('./commands/rotate.ts'),
      import('./store/database.ts'),
    ]);
    process.stdout.write(`Database: ${whereIs(config.database)}\n`);
    const rotation = await rotateIn(config, {
      ...(giveUp === undefined ? {} : { giveUp }),
      say: (line) => process.stderr.write(`${line}\n`),
    });
    process.stdout.write(rotationText(rotation));
    if (rotation.unreadableCount > 0 || rotation.kept.length > 0) process.exitCode = 2;
  });

try {
  await program.parseAsync();
} catch (error) {
  const line = lineOf(error);
  if (line === undefined) throw error;
  console.error(`stepgate: ${line}`);
  process.exit(1);
}

/** For the operator, who reads no stack trace. @returns undefined where it is nobody's setting. */
function lineOf(error: unknown): string | undefined {
  if (error instanceof KeyRingError) return `STEPGATE_ENCRYPTION_KEYS: ${error.message}`;
  return error instanceof ConfigError || error instanceof DatabaseUnusable ? error.message : undefined;
}
