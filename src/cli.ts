/** The commands. Everything that the process does to the outside begins here. What only one of them needs, it imports itself. */
import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { readDevConfig, readRotateConfig, readServeConfig } from './config/config.ts';
import { ConfigError, isLoopback } from './config/settings.ts';
import { KeyRingError } from './connections/key-ring.ts';
import { newKeyRing } from './connections/vault.ts';
import { loadProviders } from './core/registry.ts';
import { openGateway } from './gateway.ts';
import { VERSION } from './http/version.ts';
import { openLog } from './log.ts';
import { listen } from './server.ts';
import { whereIs } from './store/database.ts';
import { DatabaseUnusable } from './store/failures.ts';

/** Who has just begun has other things to do than to load what watches the process. */
const WATCH_AFTER_MS = 1000;

const program = new Command('stepgate')
  .description('One HTTP API in front of many sales-engagement products.')
  .version(VERSION);

program
  .command('dev')
  .description('the gateway in front of sandboxes of all providers, on this machine alone')
  .action(async () => {
    const config = readDevConfig(process.env);
    const [{ startDev }, { runDemo }, { demoText }] = await Promise.all([
      import('./dev/dev.ts'),
      import('./dev/demo.ts'),
      import('./dev/print.ts'),
    ]);
    const dev = await startDev(config, openLog(config.logLevel));
    stopOnSignal(() => dev.close());
    process.stdout.write(demoText(dev, await runDemo(dev), config.notes));
    watchSoon();
  });

program
  .command('serve')
  .description('the gateway in production')
  .addHelpText('after', '\nSettings, such as PORT (8080), are read from the environment: see "Settings" in README.md.')
  .action(async () => {
    const registry = await loadProviders();
    const config = readServeConfig(process.env, registry.values());
    const log = openLog(config.logLevel);
    const options = { ...config, registry, log, openDocuments: isLoopback(config.host) };
    const gateway = await sayingWhichSetting(() => openGateway(options));
    const door = await listen(gateway.app, config.host, config.port, gateway.guard);
    stopOnSignal(
      async () => {
        log.info({}, 'stopping');
        await door.close();
        await gateway.close();
        log.info({}, 'stopped');
      },
      () => gateway.renewals.settle(),
    );
    log.info({ url: door.url, version: VERSION }, 'listening');
    watchSoon();
    const look = gateway.ready.then(() => gateway.recovery.look());
    look.catch((error: unknown) => {
      log.warn({ error: error instanceof Error ? error.name : typeof error }, 'the journal cannot be looked through');
    });
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
    process.stdout.write(`Database: ${whereIs(config.database)}\n`);
    const { rotateIn, rotationText } = await import('./rotate.ts');
    const rotation = await sayingWhichSetting(() =>
      rotateIn(config, {
        ...(giveUp === undefined ? {} : { giveUp }),
        say: (line) => process.stderr.write(`${line}\n`),
      }),
    );
    process.stdout.write(rotationText(rotation));
    if (rotation.unreadableCount > 0 || rotation.kept.length > 0) process.exitCode = 2;
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(`stepgate: ${error.message}`);
  process.exit(1);
}

/** @throws {ConfigError} where the database cannot be used, or was sealed with other keys. */
async function sayingWhichSetting<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof KeyRingError)
      throw new ConfigError(`STEPGATE_ENCRYPTION_KEYS: ${error.message}`, { cause: error });
    if (!(error instanceof DatabaseUnusable)) throw error;
    throw new ConfigError(error.message, { cause: error });
  }
}

/** What it counts begins then. What cannot be loaded is tried again by the first scrape, and told there. */
function watchSoon(): void {
  const watch = async (): Promise<void> => {
    const { processMetrics } = await import('./metrics/scrape.ts');
    processMetrics();
  };
  setTimeout(() => {
    watch().catch(() => undefined);
  }, WATCH_AFTER_MS).unref();
}

/**
 * Ten seconds for requests under way (`server.ts`), and what is left for the calls of those that were cut off. Whatever is not
 * finished by then is in the journal, and the next start goes on with it.
 */
const STOP_MS = 15_000;
/** An answer of a token endpoint is in no journal: where one is awaited after that, it has 20 s, and 10 s to be stored. */
const LAST_STOP_MS = 50_000;

/** A second signal changes nothing: Ctrl-C under npm comes twice, once from the terminal and once from npm. */
function stopOnSignal(close: () => Promise<void>, settle = () => Promise.resolve()): void {
  let isStopping = false;
  const end = (): never => process.exit(0);
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => void settle().then(end, end), STOP_MS).unref();
    setTimeout(end, LAST_STOP_MS).unref();
    close().then(end, (error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
