import { existsSync, type FSWatcher, watch as watchFile } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { networkWatch } from '../plugins/networks/registry.ts';
import { target } from '../plugins/targets/registry.ts';
import type { Watch } from '../store/watches.ts';

/** Fires when something in a watched place may have changed. */
export type Triggers = {
  add(watch: Watch): void;
  remove(watchId: number): void;
  stop(): void;
};

// A package manager writes its database many times in one run: wait for quiet, but not for ever.
const quietMilliseconds = 700;
const patienceMilliseconds = 10_000;
// File events get lost (network file systems, full queues): the looks between them catch what they missed.
const lookEveryMilliseconds = 15_000;

/** `fire` is called with the watch and what set it off. It must be quick: it only asks for a job. */
export function startTriggers(fire: (watch: Watch, trigger: string) => void): Triggers {
  const active = new Map<number, { stop(): void }>();
  return {
    add(watch) {
      if (!active.has(watch.watchId)) active.set(watch.watchId, observe(watch, fire));
    },
    remove(watchId) {
      active.get(watchId)?.stop();
      active.delete(watchId);
    },
    stop() {
      for (const item of active.values()) item.stop();
      active.clear();
    },
  };
}

function observe(watch: Watch, fire: (watch: Watch, trigger: string) => void): { stop(): void } {
  const paths = () =>
    watch.target === networkWatch.id
      ? networkWatch.watchPaths(watch.location)
      : (target(watch.target)?.watchPaths(watch.location) ?? []);
  return watchPaths(paths, (path) => fire(watch, `${path} changed`));
}

/** Calls back, after a moment of quiet, when one of the paths was created, changed or removed. `paths` is asked anew. */
export function watchPaths(
  paths: () => readonly string[],
  onChange: (path: string) => void,
): { stop(): void } {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | null = null;
  let firstEvent = 0;
  let signature: string | null = null;
  let stopped = false;

  const notice = (path: string) => {
    if (stopped) return;
    if (timer) clearTimeout(timer);
    else firstEvent = Date.now();
    const wait = Math.min(quietMilliseconds, Math.max(0, firstEvent + patienceMilliseconds - Date.now()));
    timer = setTimeout(() => {
      timer = null;
      void look(path);
    }, wait);
  };

  const look = async (path: string) => {
    const now = await signatureOf(paths());
    attach();
    if (stopped || now === signature) return;
    const isFirst = signature === null;
    signature = now;
    if (!isFirst) onChange(path || 'a watched path');
  };

  // Folders are watched, since files are replaced by rename; a folder may come to be later.
  function attach(): void {
    for (const folder of new Set(paths().flatMap((path) => [dirname(path), path]))) {
      if (watchers.has(folder) || !existsSync(folder)) continue;
      try {
        const watcher = watchFile(folder, { persistent: false }, (_kind, name) =>
          notice(name ? `${folder}/${name}` : folder),
        );
        watcher.on('error', () => {
          watcher.close();
          watchers.delete(folder);
        });
        watchers.set(folder, watcher);
      } catch {
        // Out of inotify watches: the regular look still sees the change.
      }
    }
  }

  void look('');
  const regular = setInterval(() => void look('a regular look'), lookEveryMilliseconds);
  regular.unref();
  return {
    stop() {
      stopped = true;
      clearInterval(regular);
      if (timer) clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}

async function signatureOf(paths: readonly string[]): Promise<string> {
  const parts: string[] = [];
  for (const path of paths) {
    const file = await stat(path, { bigint: true }).catch(() => null);
    if (file) parts.push(`${path} ${file.ino} ${file.size} ${file.mtimeNs}`);
  }
  return parts.join('\n');
}
