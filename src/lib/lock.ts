import { access, link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';

export type Lock = { release(): Promise<void> };

type Holder = { readonly pid: number; readonly startedAt: string; readonly command: string };

/**
 * Takes a directory for this process alone, by a file that names the holder. Throws with who holds it when another
 * living process does; a lock whose holder is dead (kill -9, power loss) is taken over.
 */
export async function lockDirectory(path: string, purpose: string): Promise<Lock> {
  const mine: Holder = {
    pid: process.pid,
    startedAt: await processStart(process.pid),
    command: process.argv.slice(1).join(' ').slice(0, 300),
  };
  const draft = `${path}.${process.pid}.${++drafts}`;
  await writeFile(draft, JSON.stringify(mine), { mode: 0o600 });
  try {
    const holder = await take(path, draft, 0);
    if (holder === null) return { release: () => rm(path, { force: true }) };
    throw new Error(
      `${purpose} is in use by process ${holder.pid} (${holder.command}). Stop it first, or name another place.`,
    );
  } finally {
    await rm(draft, { force: true });
  }
}

let drafts = 0;
const attemptsMax = 200;
const depthMax = 5;
const pauseMilliseconds = 25;

/**
 * Puts the draft in place; null: done, else the living holder. What a dead holder left is replaced only by whoever
 * holds the lock on doing so, which is taken in the same way: with a file moved aside for a moment, a third process
 * would find the place free.
 */
async function take(path: string, draft: string, depth: number): Promise<Holder | null> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    try {
      // A link either appears whole or not at all, and never replaces another.
      await link(draft, path);
      return null;
    } catch (error) {
      if ((error as { code?: string }).code !== 'EEXIST') throw error;
    }
    const holder = await readHolder(path);
    if (holder && (await isAlive(holder))) return holder;
    if (depth >= depthMax) break;
    const next = `${path}.next`;
    if ((await take(next, draft, depth + 1)) !== null) {
      await setTimeout(pauseMilliseconds);
      continue;
    }
    try {
      if (await isStillHeldBy(path, holder)) {
        const copy = `${draft}.${depth}`;
        await link(draft, copy);
        await rename(copy, path);
        return null;
      }
    } finally {
      await rm(next, { force: true });
    }
  }
  throw new Error(`cannot take ${path}: it changes hands too quickly`);
}

// The dead one is still there, and no living one took its place meanwhile. A file that is gone is free to all.
async function isStillHeldBy(path: string, dead: Holder | null): Promise<boolean> {
  try {
    await access(path);
  } catch {
    return false;
  }
  return JSON.stringify(await readHolder(path)) === JSON.stringify(dead);
}

async function readHolder(path: string): Promise<Holder | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    return null;
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as { code?: string }).code === 'ESRCH') return false;
  }
  return (await processStart(holder.pid)) === holder.startedAt;
}

// Process ids are used again; the kernel's start time tells two holders of one id apart.
async function processStart(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has released everything that it held.
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? '');
  } catch {
    return '';
  }
}
