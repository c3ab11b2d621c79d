/** A port for who listens on it later, or again. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what Linux, macOS and Windows give to whoever asks for any port: there it would be taken soon by one of the many sockets of the tests. */
const [FIRST, LAST] = [20_000, 30_000];

export async function quietPort(): Promise<number> {
  const port = randomInt(FIRST, LAST);
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return quietPort();
  }
  server.close();
  await once(server, 'close');
  return port;
}
