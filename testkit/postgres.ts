import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type TestPostgres = {
  readonly url: string;
  readonly version: string;
  /** Another empty database on the same server. */
  newDatabase(): string;
  stop(): void;
};

/** The directory of PostgreSQL's server programs, or null when none is installed. */
export function postgresPrograms(): string | null {
  const base = '/usr/lib/postgresql';
  if (!existsSync(base)) return null;
  const versions = readdirSync(base).filter((version) => existsSync(join(base, version, 'bin/initdb')));
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  return newest ? join(base, newest, 'bin') : null;
}

/** A real PostgreSQL server on a free port of this machine, with a cluster of its own that goes when it stops. */
export async function startPostgres(programs: string): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), 'openinspector-pg-'));
  const data = join(folder, 'data');
  // PostgreSQL refuses to run as root.
  const isRoot = process.getuid?.() === 0;
  const as = isRoot ? ['runuser', '-u', 'postgres', '--'] : [];
  if (isRoot) execFileSync('chown', ['postgres', folder]);
  chmodSync(folder, 0o700);
  const run = (program: string, ...args: string[]) => {
    const [command = '', ...rest] = [...as, join(programs, program), ...args];
    return execFileSync(command, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
  };
  run('initdb', '-D', data, '-U', 'openinspector', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C');
  const port = await freePort();
  const [command = '', ...rest] = [
    ...as,
    join(programs, 'postgres'),
    '-D',
    data,
    '-p',
    String(port),
    '-k',
    folder,
    '-c',
    'listen_addresses=127.0.0.1',
  ];
  const server = spawn(command, rest, { stdio: 'ignore', cwd: '/' });
  const url = (name: string) => `postgres://openinspector@127.0.0.1:${port}/${name}`;
  for (let tries = 0; ; tries++) {
    try {
      run(
        'psql',
        '-h',
        '127.0.0.1',
        '-p',
        String(port),
        '-U',
        'openinspector',
        '-d',
        'postgres',
        '-c',
        'select 1',
      );
      break;
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  let count = 0;
  return {
    url: url('postgres'),
    version: run('postgres', '--version').trim(),
    newDatabase() {
      const name = `test_${++count}`;
      run('createdb', '-h', '127.0.0.1', '-p', String(port), '-U', 'openinspector', name);
      return url(name);
    },
    stop() {
      try {
        run('pg_ctl', 'stop', '-D', data, '-m', 'immediate', '-t', '10');
      } catch {
        server.kill('SIGKILL');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
