/** What a process that serves does beside answering: it is watched, and it stops when it is told to. */

/** Who has just begun has other things to do than to load what watches the process. */
const WATCH_AFTER_MS = 1000;

/** What it counts begins then. What cannot be loaded is tried again by the first scrape, and told there. */
export function watchSoon(): void {
  const watch = async (): Promise<void> => {
    const { processMetrics } = await import('../metrics/scrape.ts');
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
export function stopOnSignal(close: () => Promise<void>, settle = () => Promise.resolve()): void {
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
