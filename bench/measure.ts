import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** One run of a whole command. */
export type Measure = { readonly seconds: number; readonly peakMegabytes: number; readonly output: string };

const pollMilliseconds = 25;

/** Runs a command to its end; peak memory is the largest sum of resident sets over its process tree that was seen. */
export async function measure(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Measure> {
  const started = performance.now();
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString('utf8')).slice(-4000);
  });
  let peakKilobytes = 0;
  const timer = setInterval(() => {
    peakKilobytes = Math.max(peakKilobytes, treeKilobytes(child.pid ?? 0));
  }, pollMilliseconds);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearInterval(timer);
  const seconds = (performance.now() - started) / 1000;
  if (code !== 0 && code !== 1 && code !== 3)
    throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${errors}`);
  return { seconds, peakMegabytes: peakKilobytes / 1024, output: Buffer.concat(output).toString('utf8') };
}

/** Whether a program is on the PATH, and its version line. */
export function versionOf(program: string, ...args: string[]): string | null {
  const found = spawnSync(program, args.length > 0 ? args : ['--version'], { encoding: 'utf8' });
  return found.error
    ? null
    : ((found.stdout || found.stderr).split('\n').find((line) => line.trim() !== '') ?? '');
}

function treeKilobytes(root: number): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 4).split(' ')[0]));
    } catch {
      // It ended between the listing and the look.
    }
  }
  let sum = 0;
  for (const pid of parents.keys()) if (isUnder(pid, root, parents)) sum += residentKilobytes(pid);
  return sum;
}

function isUnder(pid: number, root: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at: number | undefined = pid, hops = 0; at && hops < 50; at = parents.get(at), hops++)
    if (at === root) return true;
  return false;
}

function residentKilobytes(pid: number): number {
  try {
    // Pages of mapped files are shared with the page cache; what a process holds for itself is the rest.
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return (
      Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) + Number(/RssShmem:\s+(\d+)/.exec(status)?.[1] ?? 0)
    );
  } catch {
    return 0;
  }
}

/** Rows of text as an aligned table. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    )
    .join('\n');
}
