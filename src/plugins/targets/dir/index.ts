import { createHash } from 'node:crypto';
import { type BigIntStats, type Dirent, readdirSync, statSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { problem } from '../../../model/problem.ts';
import type { Target } from '../contract.ts';

const foldersMax = 20_000;
// Files between two turns of everything else that the process has to do.
const filesAtOnce = 500;

/** A directory of source code or an unpacked application: lock files and installed language packages. */
export const dir = {
  id: 'dir',
  title: 'source or application directory',
  sources: ['https://docs.aws.amazon.com/inspector/latest/user/code-security.html'],
  async recognises(location) {
    return (await stat(location).catch(() => null))?.isDirectory() ?? false;
  },
  async discover(location, { isFingerprintCompared = true } = {}) {
    const root = await realpath(location).catch(() => null);
    // A place that is not there has no resources: what was in it is gone.
    if (!root) return { resources: [], problems: [] };
    if (!(await stat(root)).isDirectory()) {
      return { resources: [], problems: [problem('unreadable', location, 'is not a directory')] };
    }
    const name = basename(root);
    return {
      resources: [
        {
          type: 'CODE_REPOSITORY',
          id: `project-${createHash('sha256').update(root).digest('hex').slice(0, 32)}`,
          name,
          target: 'dir',
          location: root,
          fingerprint: isFingerprintCompared ? await fingerprintTree(root) : '',
          tags: {},
          details: { projectName: name },
        },
      ],
      problems: [],
    };
  },
  async open(resource) {
    return {
      kind: 'tree',
      root: resource.location,
      skip: ['.git'],
      facts: { isContainer: true, runningKernel: null, layers: [] },
      problems: [],
    };
  },
  watchPaths: (location) => [location, ...filesIn(location)],
} satisfies Target;

// Lock files stand at the top; what is installed below changes with them.
function filesIn(location: string): string[] {
  try {
    return readdirSync(location, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(location, entry.name));
  } catch {
    return [];
  }
}

// Change times of files, those near the top first. One call after the other is many times faster than promises are.
async function fingerprintTree(root: string): Promise<string> {
  const hash = createHash('sha256');
  let folders = [''];
  let count = 0;
  let files = 0;
  while (folders.length > 0 && count < foldersMax) {
    const next: string[] = [];
    for (const folder of folders) {
      count++;
      for (const child of childrenOf(join(root, folder))) {
        const path = folder ? `${folder}/${child.name}` : child.name;
        if (child.isDirectory() && child.name !== '.git') next.push(path);
        if (!child.isFile()) continue;
        const file = statOf(join(root, path));
        if (file) hash.update(`${path}\0${file.size}\0${file.mtimeNs}\n`);
        if (++files % filesAtOnce === 0) await setImmediate();
      }
    }
    folders = next;
  }
  return `stat:${hash.digest('hex').slice(0, 32)}`;
}

function statOf(path: string): BigIntStats | null {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return null;
  }
}

function childrenOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    // It went away, or may not be read; taking the inventory says so.
    return [];
  }
}
