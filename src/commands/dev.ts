/** `stepgate dev`: development mode, and what it prints. */
import type { DevConfig } from '../config/config.ts';
import { openLog } from '../log.ts';
import { stopOnSignal, watchSoon } from './running.ts';
import { runDemo } from '../dev/demo.ts';
import { startDev } from '../dev/dev.ts';
import { demoText } from '../dev/print.ts';

/** Resolves when it listens and has shown what it does; it ends with a signal. @throws {ConfigError} where it cannot listen there. */
export async function runDev(config: DevConfig): Promise<void> {
  const dev = await startDev(config, openLog(config.logLevel).log);
  stopOnSignal(() => dev.close());
  process.stdout.write(demoText(dev, await runDemo(dev), config.notes));
  watchSoon();
}
