/**
 * A provider that only answers: HTTP/1.1 by hand on `node:net`, so that it is never what is measured. Its settings come as JSON
 * in the first argument; it tells its URL, and when asked how many requests it has answered, over IPC.
 */
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { frameOf } from './frame.ts';

export interface UpstreamSettings {
  /** Before each answer. */
  readonly delayMs: number;
  /** `step`: 523 bytes of JSON:API, with a new id in each. `list`: a page with nothing in it. */
  readonly answer: 'step' | 'list';
}

const { delayMs, answer } = JSON.parse(process.argv[2] ?? '{}') as UpstreamSettings;
const FIRST_ID = 100_000_000;
const BODY_BYTES = 523;
// A budget that is never used up, told as providers tell it.
const BUDGET = 'x-ratelimit-limit: 1000000000\r\nx-ratelimit-remaining: 999999999\r\n';
const [before, after] = answer === 'step' ? stepAnswer() : listAnswer();
let answered = 0;

const server = createServer({ noDelay: true }, (socket) => {
  let pending = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    pending += chunk.toString('latin1');
    for (let frame = frameOf(pending); frame !== undefined; frame = frameOf(pending)) {
      pending = pending.slice(frame.end);
      if (delayMs === 0) reply(socket);
      else setTimeout(reply, delayMs, socket);
    }
  });
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
process.on('message', () => process.send?.({ answered }));
process.on('disconnect', () => process.exit());

function reply(socket: Socket): void {
  answered += 1;
  if (socket.writable) socket.write(`${before}${answer === 'step' ? FIRST_ID + answered : ''}${after}`, 'latin1');
}

function stepAnswer(): readonly [string, string] {
  const rest = (note: string): string =>
    `,"attributes":{"stepType":"call","interval":86400,"order":1,"displayName":"Step 1","createdAt":"2026-01-01T00:00:00.000Z","updatedAt":"2026-01-01T00:00:00.000Z","taskNote":"${note}"},"relationships":{"sequence":{"data":{"type":"sequence","id":2817}}},"links":{"self":"https://api.example.com/api/v2/sequenceSteps/1"}}}`;
  const first = '{"data":{"type":"sequenceStep","id":';
  const length = first.length + String(FIRST_ID).length + rest('').length;
  return [head(201, BODY_BYTES) + first, rest('n'.repeat(BODY_BYTES - length))];
}

function listAnswer(): readonly [string, string] {
  const body = '{"metadata":{"paging":{"per_page":25,"current_page":1,"next_page":null,"prev_page":null}},"data":[]}';
  return [head(200, body.length) + body, ''];
}

function head(status: number, length: number): string {
  return `HTTP/1.1 ${status} OK\r\ncontent-type: application/json\r\n${BUDGET}content-length: ${length}\r\n\r\n`;
}
