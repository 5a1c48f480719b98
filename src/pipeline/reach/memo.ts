import type { NetworkIndex } from './network-index.ts';

/**
 * Results that are kept until something that they were made from changes. While one is computed every look-up in the
 * index is written down; whoever uses a kept result depends on the same things.
 */
export type Memo = {
  get<T>(key: string, compute: () => T): T;
  /** Drops what depends on any of these ids and keys. */
  forget(stale: Iterable<string>): void;
};

type Entry = { readonly value: unknown; readonly dependencies: ReadonlySet<string> };

export function createMemo(index: NetworkIndex): Memo {
  const entries = new Map<string, Entry>();
  const users = new Map<string, Set<string>>();
  return {
    get: <T>(key: string, compute: () => T): T => {
      let entry = entries.get(key);
      if (!entry) {
        entry = recorded(index, compute);
        entries.set(key, entry);
        for (const dependency of entry.dependencies) addUser(users, dependency, key);
      }
      if (index.recorder) for (const dependency of entry.dependencies) index.recorder.add(dependency);
      return entry.value as T;
    },
    forget: (stale) => {
      for (const dependency of stale) {
        for (const key of users.get(dependency) ?? []) {
          for (const other of entries.get(key)?.dependencies ?? [])
            if (other !== dependency) users.get(other)?.delete(key);
          entries.delete(key);
        }
        users.delete(dependency);
      }
    },
  };
}

/** Runs a computation and returns what it looked up beside its value. */
export function recorded<T>(
  index: NetworkIndex,
  compute: () => T,
): { readonly value: T; readonly dependencies: ReadonlySet<string> } {
  const outer = index.recorder;
  const dependencies = new Set<string>();
  index.recorder = dependencies;
  try {
    return { value: compute(), dependencies };
  } finally {
    index.recorder = outer;
  }
}

function addUser(users: Map<string, Set<string>>, dependency: string, key: string): void {
  const known = users.get(dependency);
  if (known) known.add(key);
  else users.set(dependency, new Set([key]));
}
