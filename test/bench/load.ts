/**
 * The load generator, a process of its own: keep-alive connections on `node:net`, each with one request under way. Orders come
 * and results go over IPC. Latencies are in microseconds, which is why it is not one that knows milliseconds only.
 */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { frameOf } from './frame.ts';
import { percentile } from './figures.ts';

/** In `path`, `headers` and `body`: `{c}` is the number of the connection, `{n}` of the request, `{t}` of who has the turn. */
export interface Order {
  /** Several take turns by connection. */
  readonly urls: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** How many take turns in `{t}`. */
  readonly turns?: number;
  /** Requests are sent at this rate, whatever is answered, over at most so many connections. Else as fast as they are answered. */
  readonly perSecond?: number;
}

export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface Heard {
  readonly seconds: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Connections that broke. */
  readonly errors: number;
  /** Due, but no connection was free. */
  readonly unsent: number;
  /** Answered after the time was over; counted nowhere else. */
  readonly late: number;
  /** Microseconds, of what was answered with 2xx, and of the rest. */
  readonly good: Latencies;
  readonly refused: Latencies;
  /** How many of the refusals said when to come again. */
  readonly retryAfter: number;
}

interface Connection {
  socket: Socket;
  pending: string;
  sentAt: number;
  readonly write: () => void;
}

process.on('message', (order: Order) => {
  void run(order).then((heard) => process.send?.(heard));
});
process.on('disconnect', () => process.exit());

/** What is under way is waited for, so that the next order meets a gateway at rest. */
const DRAIN_MS = 60_000;
let requests = 0;

async function run(order: Order): Promise<Heard> {
  const good: number[] = [];
  const refused: number[] = [];
  const statuses: Record<string, number> = {};
  const counts = { errors: 0, unsent: 0, retryAfter: 0 };
  const idle: Connection[] = [];
  let isOver = false;
  let underWay = 0;

  const send = (connection: Connection): void => {
    underWay += 1;
    connection.sentAt = performance.now();
    connection.write();
  };
  const answered = (connection: Connection, status: number, told: boolean): void => {
    underWay -= 1;
    const latency = (performance.now() - connection.sentAt) * 1000;
    if (status >= 200 && status < 300) good.push(latency);
    else refused.push(latency);
    if (told) counts.retryAfter += 1;
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (order.perSecond !== undefined) idle.push(connection);
    else if (!isOver) send(connection);
  };
  const open = (number: number): Promise<Connection> => {
    const url = new URL(order.urls[number % order.urls.length] ?? '');
    const target = { host: url.hostname, port: Number(url.port), noDelay: true };
    const next = writer(order, url.host, number);
    const connection: Connection = {
      socket: connect(target),
      pending: '',
      sentAt: 0,
      write: () => connection.socket.write(next(), 'latin1'),
    };
    return new Promise((resolve, reject) => {
      const listen = (socket: Socket): void => {
        socket.on('data', (chunk) => {
          connection.pending += chunk.toString('latin1');
          const frame = frameOf(connection.pending);
          if (!frame) return;
          const told = frame.status > 299 && /\r\nretry-after:/i.test(connection.pending);
          connection.pending = connection.pending.slice(frame.end);
          answered(connection, frame.status, told);
        });
        // A server may close a connection it has not used for a while; in the middle of a request it may not.
        socket.on('close', () => {
          if (isOver) return;
          const wasAsked = !idle.includes(connection);
          if (wasAsked) {
            underWay -= 1;
            counts.errors += 1;
          }
          connection.pending = '';
          connection.socket = connect(target, () => {
            if (wasAsked) answeredNothing(connection);
          });
          listen(connection.socket);
        });
        socket.on('error', reject);
      };
      listen(connection.socket);
      connection.socket.on('connect', () => {
        resolve(connection);
      });
    });
  };
  const answeredNothing = (connection: Connection): void => {
    if (order.perSecond !== undefined) idle.push(connection);
    else if (!isOver) send(connection);
  };

  const connections = await Promise.all(Array.from({ length: order.connections }, (_, number) => open(number)));
  const begin = performance.now();
  if (order.perSecond === undefined) {
    for (const connection of connections) send(connection);
    await sleep(order.seconds * 1000);
  } else {
    idle.push(...connections);
    const elapsed = (): number => (performance.now() - begin) / 1000;
    for (let sent = 0; elapsed() < order.seconds;) {
      await sleep(1);
      for (const due = Math.floor(elapsed() * order.perSecond); sent < due; sent += 1) {
        const connection = idle.pop();
        if (connection) send(connection);
        else counts.unsent += 1;
      }
    }
  }
  const seconds = (performance.now() - begin) / 1000;
  const heard = {
    seconds,
    statuses: { ...statuses },
    ...counts,
    good: latenciesOf(good),
    refused: latenciesOf(refused),
  };
  isOver = true;
  const late = underWay;
  const patience = performance.now() + DRAIN_MS;
  while (underWay > 0 && performance.now() < patience) await sleep(2);
  for (const { socket } of connections) socket.destroy();
  return { ...heard, late: late - underWay };
}

/** Whole where nothing in it changes from request to request. */
function writer({ method, path, headers, body, turns = 1 }: Order, host: string, number: number): () => string {
  const numbered = (text: string): string => text.replaceAll('{c}', String(number));
  const content = numbered(body);
  const fields = Object.entries({ host, 'content-type': 'application/json', ...headers });
  const head = [`${method} ${path} HTTP/1.1`, ...fields.map(([name, value]) => `${name}: ${value}`)].join('\r\n');
  const whole = `${numbered(head)}\r\ncontent-length: ${content.length}\r\n\r\n${content}`;
  if (!/\{[nt]\}/.test(whole)) return () => whole;
  if (/\{[nt]\}/.test(content)) throw new Error('What changes stands in the head, because its length is counted once.');
  const parts = whole.split(/(\{[nt]\})/);
  return () => {
    requests += 1;
    return parts
      .map((part) => (part === '{n}' ? String(requests) : part === '{t}' ? String(requests % turns) : part))
      .join('');
  };
}

function latenciesOf(all: number[]): Latencies {
  const sorted = Float64Array.from(all).sort();
  return {
    count: sorted.length,
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    max: sorted.at(-1) ?? 0,
  };
}
