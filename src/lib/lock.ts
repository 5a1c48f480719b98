import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';

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
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, JSON.stringify(mine), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 10; attempt++) {
      try {
        // A link either appears whole or not at all, and never replaces another.
        await link(draft, path);
        return { release: () => rm(path, { force: true }) };
      } catch (error) {
        if ((error as { code?: string }).code !== 'EEXIST') throw error;
      }
      const holder = await readHolder(path);
      if (holder && (await isAlive(holder))) {
        throw new Error(
          `${purpose} is in use by process ${holder.pid} (${holder.command}). Stop it first, or name another place.`,
        );
      }
      await setAside(path, holder);
    }
    throw new Error(`cannot take ${path}: it changes hands too quickly`);
  } finally {
    await rm(draft, { force: true });
  }
}

// Two processes may find the same dead holder: only a file that still names it is taken away.
async function setAside(path: string, dead: Holder | null): Promise<void> {
  const aside = `${path}.stale.${process.pid}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const moved = await readHolder(aside);
  if (moved && JSON.stringify(moved) !== JSON.stringify(dead) && (await isAlive(moved))) {
    await link(aside, path).catch(() => {});
  }
  await rm(aside, { force: true });
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
