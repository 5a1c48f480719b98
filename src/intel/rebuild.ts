import { decodeStatements, packValue, unpackValue } from './codec.ts';
import { bucketCount, bucketOf, contentHash } from './keys.ts';
import type { Tables } from './layout.ts';
import { revisionOf } from './publish.ts';

/**
 * Changes the tables of a revision and makes anew what follows from them: which keys speak of a vulnerability, and the
 * hashes that the revision's name stands for. Aliases must have their new state before statements come.
 */
export type Rebuilder = {
  /** New bytes of a key, null where nothing is said of it any more, or `same` where only the ids shown changed. */
  statements(key: string, value: Buffer | 'same' | null): void;
  vulnerability(id: string, value: Buffer | null): void;
  /** Writes what follows; gives the name of the revision that came out. */
  finish(): string;
};

type Buckets = Map<string, Map<string, Buffer>>;

/** `base` has the state before; null where the tables start empty. Work is done inside the caller's transaction. */
export function openRebuilder(tables: Tables, base: Tables | null): Rebuilder {
  const buckets: Buckets = new Map();
  const keysOf = new Map<string, Set<string>>();

  function bucket(prefix: 'k' | 'v', key: string): Map<string, Buffer> {
    const name = `${prefix}${bucketOf(key)}`;
    let found = buckets.get(name);
    if (found === undefined) {
      const bytes = tables.hashes.get(name);
      const flat = bytes === undefined ? [] : (unpackValue(Buffer.from(bytes)) as (string | Buffer)[]);
      found = new Map();
      for (let at = 0; at + 1 < flat.length; at += 2) found.set(flat[at] as string, flat[at + 1] as Buffer);
      buckets.set(name, found);
    }
    return found;
  }

  function keys(display: string): Set<string> {
    let found = keysOf.get(display);
    if (found === undefined) {
      const bytes = base?.keys.get(display);
      found = new Set(bytes === undefined ? [] : (unpackValue(Buffer.from(bytes)) as readonly string[]));
      keysOf.set(display, found);
    }
    return found;
  }

  return {
    statements(key, value) {
      const old = base === null ? undefined : copyOf(base.statements.get(key));
      const young = value === 'same' ? old : (value ?? undefined);
      if (value === 'same' && old === undefined) throw new Error(`nothing was said of ${key} before`);
      for (const display of old && base ? displaysOf(old, base) : []) keys(display).delete(key);
      if (young === undefined) {
        tables.statements.removeSync(key);
        bucket('k', key).delete(key);
        return;
      }
      const displays = displaysOf(young, tables);
      for (const display of displays) keys(display).add(key);
      if (value !== 'same') tables.statements.putSync(key, young);
      const hashed = Buffer.concat([young, Buffer.from(displays.join('\n'), 'utf8')]);
      bucket('k', key).set(key, contentHash(hashed));
    },
    vulnerability(id, value) {
      if (value === null) {
        tables.vulnerabilities.removeSync(id);
        bucket('v', id).delete(id);
        return;
      }
      tables.vulnerabilities.putSync(id, value);
      bucket('v', id).set(id, contentHash(value));
    },
    finish() {
      tables.root.transactionSync(() => {
        writeBuckets(tables, buckets, base === null);
        for (const [display, said] of keysOf) {
          if (said.size === 0) tables.keys.removeSync(display);
          else tables.keys.putSync(display, packValue([...said].sort()));
        }
      });
      return revisionOf(coveredBytes(tables));
    },
  };
}

function writeBuckets(tables: Tables, buckets: Buckets, isNew: boolean): void {
  if (isNew) {
    for (const prefix of ['v', 'k']) {
      for (let at = 0; at < bucketCount; at += 1) {
        if (!buckets.has(`${prefix}${at}`)) buckets.set(`${prefix}${at}`, new Map());
      }
    }
  }
  for (const [name, entries] of buckets) {
    const sorted = [...entries.entries()].sort(([left], [right]) => (left < right ? -1 : 1));
    tables.hashes.putSync(name, packValue(sorted.flat()));
  }
}

// What the name of a revision covers, in the order in which a build covers it.
function coveredBytes(tables: Tables): readonly Buffer[] {
  const covered: Buffer[] = [];
  for (const prefix of ['v', 'k']) {
    for (let at = 0; at < bucketCount; at += 1) {
      covered.push(contentHash(tables.hashes.get(`${prefix}${at}`) ?? packValue([])));
    }
  }
  for (const table of [tables.streams, tables.epss]) {
    const entries = [...table.getRange({})].map(({ key, value }) => ({ key, value: Buffer.from(value) }));
    entries.sort((left, right) => (left.key < right.key ? -1 : 1));
    for (const { key, value } of entries) covered.push(Buffer.from(key, 'utf8'), value);
  }
  return covered;
}

// The ids that the statements of a key are shown under, in their order.
function displaysOf(value: Buffer, { aliases }: Tables): string[] {
  return decodeStatements(value).map(
    ({ vulnerability }) => aliases.get(vulnerability)?.toString('utf8') ?? vulnerability,
  );
}

function copyOf(bytes: Buffer | undefined): Buffer | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes);
}
