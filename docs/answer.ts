/** Sends the request that the README shows to a gateway in development mode, and answers with what really comes back. */
import { pino } from 'pino';
import { runDemo } from '../src/dev/demo.ts';
import { startDev } from '../src/dev/dev.ts';

/** The body of the answer to the README's first `curl`, run as a newcomer would: after the demonstration. */
export async function answerToReadme(readme: string): Promise<unknown> {
  const [, path] = /curl -s "\$GATEWAY([^"\s]+)"/.exec(readme) ?? [];
  const [, body] = /-d '(\{.*\})'/.exec(readme) ?? [];
  if (path === undefined || body === undefined) throw new Error('The README shows no curl.');
  const dev = await startDev(
    { host: '127.0.0.1', port: 0, logLevel: 'silent', returnUrls: [], notes: [] },
    pino({ level: 'silent' }),
  );
  try {
    await runDemo(dev);
    const headers = [...readme.slice(0, readme.indexOf(body)).matchAll(/-H '([\w-]+): ([^']+)'/g)].map(
      ([, name = '', value = '']): [string, string] => [name, value],
    );
    const answer = await fetch(dev.url + path, {
      method: 'POST',
      headers: [...headers, ['x-api-key', dev.apiKey]],
      body,
    });
    return await answer.json();
  } finally {
    await dev.close();
  }
}
