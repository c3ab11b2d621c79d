/** The container files say what the project says; whether they build is tried where there is an engine. */
import { spawnSync } from 'node:child_process';
import { readdirSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const dockerfile = read('Dockerfile').replaceAll('\\\n', ' ');
const compose = parse(read('compose.yaml')) as Compose;
const { gateway, postgres } = compose.services;

interface Service {
  readonly env_file?: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly deploy?: { readonly replicas: number };
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly user?: string;
}
interface Compose {
  readonly services: { readonly gateway: Service; readonly postgres: Service };
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
}

/** Arguments of an instruction, each time that it stands there. */
function instructions(name: string): readonly string[] {
  return [...dockerfile.matchAll(new RegExp(`^${name} (.*)$`, 'gm'))].map(([, words = '']) => words.trim());
}

describe('the image', () => {
  test('has the Node that the project is tested with', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      readonly packages: Readonly<Record<string, { readonly version?: string }>>;
    };
    expect(instructions('ARG')).toEqual([`NODE_VERSION=${packages['node_modules/node']?.version}`]);
    for (const from of instructions('FROM')) expect(from).toMatch(/^node:\$\{NODE_VERSION\}-trixie-slim( AS build)?$/);
  });

  test('copies what is there, all that the gateway imports, and nothing that is ignored', () => {
    const copied = instructions('COPY').flatMap((words) =>
      words.startsWith('--from') ? [] : words.replace('--chown=node ', '').split(' ').slice(0, -1),
    );
    expect(copied).toEqual(expect.arrayContaining(['package.json', 'package-lock.json', 'build', 'src', 'providers']));
    for (const path of copied) expect(globSync(path, { cwd: new URL('../', import.meta.url) }), path).toHaveLength(1);
    const ignored = read('.dockerignore').split('\n');
    expect(ignored.slice(1, 2)).toEqual(['*']);
    expect(ignored.flatMap((line) => (line.startsWith('!') ? line.slice(1) : []))).toEqual(
      expect.arrayContaining([...new Set(copied)]),
    );
    expect(ignored).toEqual(expect.arrayContaining(['**/.env*', '**/*.db*']));
  });

  test('runs as another user than root, in the one folder that it writes, and node is the first process', () => {
    expect(instructions('USER')).toEqual(['node', 'node']);
    expect(instructions('WORKDIR').at(-1)).toBe('/data');
    expect(instructions('VOLUME')).toEqual(['/data']);
    expect(JSON.parse(instructions('ENTRYPOINT')[0] ?? '')).toEqual(['node', '/app/dist/stepgate.js']);
    expect(JSON.parse(instructions('CMD')[0] ?? '')).toEqual(['serve']);
    expect(dockerfile).not.toMatch(/\bcurl\b|\bwget\b/);
  });

  test('has the packed build, and finds what Node has compiled of it where it was made', () => {
    const taken = instructions('COPY').filter((words) => words.startsWith('--from=build'));
    const [, cache = ''] = /\/\.\.\/(\S+)`/.exec(read('src/main.js')) ?? [];
    expect(taken.map((words) => words.split(' ').slice(-2))).toEqual(
      ['/app/dist', `/app/${cache}`].map((path) => [path, path]),
    );
    expect(cache).toMatch(/^node_modules\//);
  });

  test('is asked for its health by a program that runs', () => {
    const [check = ''] = /\[.*\]/.exec(instructions('HEALTHCHECK')[0] ?? '') ?? [];
    const [node, flag, script] = JSON.parse(check) as string[];
    expect([node, flag]).toEqual(['node', '-e']);
    // Nobody listens on that port.
    const { status, stderr } = spawnSync(process.execPath, ['-e', script ?? ''], { env: { PORT: '1' } });
    expect([status, String(stderr)]).toEqual([1, '']);
  });
});

describe('the composition', () => {
  const code = readdirSync('src/config')
    .map((file) => read(`src/config/${file}`))
    .join('');
  const settings = new Set(code.match(/'(?:STEPGATE_[A-Z_]+|DATABASE_URL|HOST|PORT|NODE_ENV)'/g));

  test('sets only what the gateway reads', () => {
    const names = [
      ...instructions('ENV').flatMap((line) => line.split(' ').map((each) => each.split('=')[0])),
      ...Object.keys(gateway.environment),
    ];
    expect(names.length).toBeGreaterThan(4);
    for (const name of names) expect(settings).toContain(`'${name}'`);
  });

  test('passes every setting that serve reads, and the example names each', () => {
    expect(gateway.env_file).toBe('.env');
    const named = new Set(
      [...read('.env.example').matchAll(/^#?([A-Z_]+?)(?:<PROVIDER>|=)/gm)].map(([, name]) => name),
    );
    const known = [...code.matchAll(/['`](STEPGATE_[A-Z_]+)/g)].map(([, name]) => name);
    expect(known.length).toBeGreaterThan(9);
    // Of a file beside PostgreSQL there is nothing to set.
    for (const name of known)
      if (!['STEPGATE_DATABASE', 'STEPGATE_SHARED_DATABASE'].includes(name ?? '')) expect(named).toContain(name);
  });

  test('has more than one gateway on one database that is not published', () => {
    expect(gateway.deploy?.replicas).toBeGreaterThanOrEqual(2);
    expect(postgres.ports).toBeUndefined();
    expect(postgres.networks.map((name) => compose.networks[name]?.internal)).toEqual([true]);
    for (const port of gateway.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  test('has no secret in it: they come from a file that is not kept', () => {
    const wanted = [...read('compose.yaml').matchAll(/\$\{([A-Z_]+)(.*?)\}/g)];
    for (const [, name = '', rest] of wanted) expect([name, rest]).toEqual([name, ':?see .env.example']);
    const example = [...read('.env.example').matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]);
    expect(example.toSorted()).toEqual(
      [...new Set(wanted.map(([, name]) => name))].toSorted().map((name) => [name, '']),
    );
    expect(read('.gitignore').split('\n')).toContain('.env');
  });

  test.each(Object.entries(compose.services))(
    '%s may write nothing of its image, and may do nothing special',
    (_name, service) => {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    },
  );
});
