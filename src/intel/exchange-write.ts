import type { KeyObject } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Database } from 'lmdb';
import { diffRevisions } from './diff.ts';
import { type ExchangeRecord, writeBody, writeExchange } from './exchange-file.ts';
import { keyText } from './keys.ts';
import { formatVersion, type Tables } from './layout.ts';
import { type IntelligenceRevision, tablesOf } from './open.ts';

/** The tables that are handed on, by their number in a file; what follows from them is made anew where it is taken in. */
export const exchangedTables = [
  'aliases',
  'streams',
  'epss',
  'meta',
  'vulnerabilities',
  'statements',
] as const satisfies readonly (keyof Tables)[];

export type ExchangedTable = (typeof exchangedTables)[number];

const nothing = Buffer.alloc(0);

/**
 * Writes the difference of two revisions, or a whole one where `from` is null, to a file. Gives its size in bytes and
 * how many records it has.
 */
export async function exportRevision(options: {
  readonly from: IntelligenceRevision | null;
  readonly to: IntelligenceRevision;
  readonly path: string;
  /** Signs the file. */
  readonly key: KeyObject | null;
}): Promise<{ readonly bytes: number; readonly records: number }> {
  const { from, to, path, key } = options;
  const scratch = mkdtempSync(join(dirname(path), '.export-'));
  try {
    const counted = { records: 0 };
    const bodyPath = join(scratch, 'body');
    const body = await writeBody(count(recordsOf(from, to), counted), bodyPath);
    const { revision, builtAt } = to.meta;
    const header = {
      from: from?.meta.revision ?? null,
      to: revision,
      builtAt,
      format: formatVersion,
      ...body,
    };
    const whole = join(scratch, 'whole');
    await writeExchange(whole, { header, bodyPath, key });
    renameSync(whole, path);
    return { bytes: body.bodyBytes, records: counted.records };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function* count(records: Iterable<ExchangeRecord>, counted: { records: number }): Generator<ExchangeRecord> {
  for (const record of records) {
    counted.records += 1;
    yield record;
  }
}

// In the order in which they can be taken in: what an id is shown under comes before what is said of it.
function* recordsOf(from: IntelligenceRevision | null, to: IntelligenceRevision): Generator<ExchangeRecord> {
  const before = from === null ? null : tablesOf(from);
  const after = tablesOf(to);
  for (const name of ['aliases', 'streams', 'epss', 'meta'] as const) {
    yield* changesOf(exchangedTables.indexOf(name), before?.[name] ?? null, after[name]);
  }
  if (from === null) {
    for (const name of ['vulnerabilities', 'statements'] as const) {
      yield* changesOf(exchangedTables.indexOf(name), null, after[name]);
    }
    return;
  }
  const diff = diffRevisions(from, to);
  // Moves of a score count as changes of a vulnerability there; its own record says whether it is another one.
  yield* changesAt('vulnerabilities', diff.vulnerabilities, before, after, false);
  yield* changesAt('statements', diff.keys.map(keyText), before, after, true);
}

/** Every entry that differs, by one walk over both tables in the order of their keys. */
function* changesOf(
  table: number,
  before: Database<Buffer, string> | null,
  after: Database<Buffer, string>,
): Generator<ExchangeRecord> {
  if (before !== null) {
    for (const key of before.getKeys({})) {
      if (after.get(key) === undefined) yield { table, kind: 'delete', key, value: nothing };
    }
  }
  for (const { key, value } of after.getRange({})) {
    const old = before?.get(key);
    if (old === undefined || !old.equals(value)) yield { table, kind: 'put', key, value };
  }
}

function* changesAt(
  name: 'vulnerabilities' | 'statements',
  keys: readonly string[],
  before: Tables | null,
  after: Tables,
  isShown: boolean,
): Generator<ExchangeRecord> {
  const table = exchangedTables.indexOf(name);
  for (const key of [...keys].sort()) {
    const old = before?.[name].get(key);
    // The bytes of a read are the database's own, and are written over by the next one.
    const kept = old === undefined ? undefined : Buffer.from(old);
    const young = after[name].get(key);
    if (young === undefined) {
      if (kept !== undefined) yield { table, kind: 'delete', key, value: nothing };
    } else if (kept === undefined || !kept.equals(young))
      yield { table, kind: 'put', key, value: Buffer.from(young) };
    else if (isShown) yield { table, kind: 'same', key, value: nothing };
  }
}
