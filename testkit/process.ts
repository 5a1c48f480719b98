import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { signableUrl, signRequest } from '../src/lib/sigv4-client.ts';
import { readAccessKey } from '../src/service/keys.ts';
import { runningAddress } from '../src/service/start.ts';

const main = join(import.meta.dirname, '../src/main.ts');

/** The service as a process of its own, which a test can kill. */
export type ServiceProcess = {
  readonly process: ChildProcess;
  readonly address: string;
  call<T>(method: string, path: string, body?: object): Promise<T>;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
};

export async function spawnService(
  home: string,
  args: readonly string[],
  seconds = 60,
): Promise<ServiceProcess> {
  const child = spawn(
    process.execPath,
    [main, 'serve', '--listen', '127.0.0.1:0', '--log-level', 'error', ...args],
    {
      env: { ...process.env, OPENINSPECTOR_HOME: home },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  const until = Date.now() + seconds * 1000;
  let address: string | null = null;
  while (Date.now() < until && child.exitCode === null) {
    address = await runningAddress(home, child.pid);
    if (address && (await isReady(address))) break;
    address = null;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (!address) throw new Error(`the service did not start: ${errors}`);
  const ready = address;
  return {
    process: child,
    address: ready,
    async call<T>(method: string, path: string, body?: object): Promise<T> {
      const key = await readAccessKey(home);
      if (!key) throw new Error('there is no access key');
      const url = signableUrl(path, ready);
      const text = body ? JSON.stringify(body) : '';
      const signing = { ...key, region: 'us-east-1', service: 'inspector2' };
      const headers = {
        ...signRequest({ method, url, body: text }, signing, new Date()),
        ...(text ? { 'content-type': 'application/json' } : {}),
      };
      const answer = await fetch(url, { method, headers, ...(text ? { body: text } : {}) });
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as T;
    },
    kill: (signal) =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill(signal);
      }),
  };
}

async function isReady(address: string): Promise<boolean> {
  try {
    const answer = await fetch(`${address}/openinspector/v1/health`);
    return ((await answer.json()) as { status: string }).status !== 'starting';
  } catch {
    return false;
  }
}
