/** Processes of the bench: pinned to a core where the system can, with what they have used so far. Linux only: it reads /proc. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

export interface Started {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Seconds on a CPU so far, all its threads and children. */
  cpu(): number;
  /** Bytes resident, with children. */
  rss(): number;
  /** Resolves when it has ended. */
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Which core it may use; undefined for any. */
  readonly core?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeOptions?: readonly string[];
  readonly ipc?: true;
}

export const CORES = cpus().length;
const HAS_TASKSET = spawnSync('taskset', ['-V']).status === 0;
export const IS_PINNED = HAS_TASKSET && CORES > 1;
const STOP_MS = 20_000;
/** Nobody is left behind, however the bench ends. */
const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));
const isVerbose = process.argv.includes('--verbose');

/** A script of this folder, of the project where the path begins with `/`, or the URL of a file; what it prints is thrown away, like a log. */
export function startNode(script: string, words: readonly string[], options: StartOptions = {}): Started {
  const file = fileURLToPath(new URL(script.startsWith('/') ? `../..${script}` : script, import.meta.url));
  const command = [process.execPath, ...(options.nodeOptions ?? []), file, ...words];
  const pinned =
    IS_PINNED && options.core !== undefined ? ['taskset', '-c', String(options.core), ...command] : command;
  const [program = '', ...rest] = pinned;
  const output = isVerbose ? 'inherit' : 'ignore';
  const child = spawn(program, rest, {
    env: { PATH: process.env['PATH'], ...options.env },
    stdio: ['ignore', output, output, options.ipc ? 'ipc' : 'ignore'],
  });
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  const pid = child.pid ?? 0;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return {
    pid,
    child,
    cpu: () => treeOf(pid).reduce((sum, each) => sum + cpuOf(each), 0),
    rss: () => treeOf(pid).reduce((sum, each) => sum + rssOf(each), 0),
    stop: async () => {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(force);
    },
  };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Seconds that all CPUs of the machine have been busy. */
export function machineBusy(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;
}

function treeOf(pid: number): readonly number[] {
  const children = threadsOf(pid).flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).match(/\d+/g) ?? []);
  return [pid, ...children.flatMap((child) => treeOf(Number(child)))];
}

function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** The first number is nanoseconds on a CPU: https://docs.kernel.org/scheduler/sched-stats.html */
function cpuOf(pid: number): number {
  return threadsOf(pid).reduce(
    (sum, thread) => sum + Number.parseInt(read(`/proc/${pid}/task/${thread}/schedstat`) || '0') / 1e9,
    0,
  );
}

function rssOf(pid: number): number {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`)) ?? [];
  return Number(kilobytes) * 1024;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // A process or thread that has ended since.
    return '';
  }
}
