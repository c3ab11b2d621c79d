/** `stepgate serve`: the gateway in production. */
import type { ServeConfig } from '../config/config.ts';
import { isLoopback } from '../config/settings.ts';
import type { Registry } from '../core/registry.ts';
import { openGateway } from '../gateway.ts';
import { VERSION } from '../http/version.ts';
import { openLog } from '../log.ts';
import { stopOnSignal, watchSoon } from './running.ts';
import { listen } from '../server.ts';

/**
 * Resolves when it listens; it ends with a signal.
 *
 * @throws {ConfigError} where it cannot listen there.
 * @throws {DatabaseUnusable} where the database cannot be used.
 * @throws {KeyRingError} where the database was sealed with other keys.
 */
export async function serve(config: ServeConfig, registry: Registry): Promise<void> {
  const { log, lost } = openLog(config.logLevel);
  const gateway = await openGateway({
    ...config,
    registry,
    log,
    logLost: lost,
    openDocuments: isLoopback(config.host),
  });
  const door = await listen(gateway, config.host, config.port);
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
  void gateway.ready.then(() => gateway.recovery.look());
}
