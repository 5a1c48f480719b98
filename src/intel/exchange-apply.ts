import type { KeyObject } from 'node:crypto';
import { constants, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { unpackValue } from './codec.ts';
import type { IntelligenceMeta } from './contract.ts';
import {
  type ExchangeHeader,
  type ExchangeRecord,
  type OpenedExchange,
  openExchange,
} from './exchange-file.ts';
import { exchangedTables } from './exchange-write.ts';
import { databaseFile, formatVersion, openTables, type Tables } from './layout.ts';
import { openRevision, tablesOf } from './open.ts';
import { currentRevision } from './pointer.ts';
import { publishRevision } from './publish.ts';
import { openRebuilder, type Rebuilder } from './rebuild.ts';
import { listRevisions } from './revisions.ts';

const transactionRecords = 20_000;

export type ApplyOptions = {
  /** The intelligence directory. */
  readonly directory: string;
  readonly path: string;
  /** The key that must have signed the file; null: a signature is not asked for. */
  readonly publicKey: KeyObject | null;
  /** Takes in a revision that is older than the one in use, which is refused otherwise. */
  readonly allowsRollback: boolean;
  readonly onProgress: (records: number) => void;
};

/**
 * Takes in a file of `exportRevision`: makes its revision out of the one that it starts from, checks that the content
 * is the one that the revision's name stands for, and makes it the current one. Readers of the old revision are not
 * disturbed; where anything is wrong nothing changes. Throws with what is wrong and what to do.
 */
export async function applyExchange(options: ApplyOptions): Promise<IntelligenceMeta> {
  const { directory, path, publicKey } = options;
  const exchange = await openExchange(path, publicKey);
  checkFit(exchange.header, options);
  mkdirSync(directory, { recursive: true });
  const scratch = mkdtempSync(join(directory, '.build-'));
  try {
    const built = join(scratch, databaseFile);
    const meta = await buildFrom(exchange, built, options);
    publishRevision(directory, { directory: scratch, path: built, revision: meta.revision });
    return meta;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function checkFit(header: ExchangeHeader, { directory, allowsRollback }: ApplyOptions): void {
  if (header.format > formatVersion) {
    throw new Error(
      `the file has form ${header.format}, this program reads up to ${formatVersion}; update the program`,
    );
  }
  const held = listRevisions(directory);
  if (header.from !== null && !held.includes(header.from)) {
    const have = held.length === 0 ? 'none is here' : `here are ${held.join(', ')}`;
    throw new Error(
      `the file starts from revision ${header.from}, and ${have}; ask for one that starts from those, or for a whole one`,
    );
  }
  const current = currentRevision(directory);
  if (current === null || allowsRollback) return;
  const opened = openRevision(directory, current);
  const { builtAt } = opened.meta;
  opened.close();
  if (Date.parse(header.builtAt) < Date.parse(builtAt)) {
    throw new Error(
      `the file's revision was built ${header.builtAt}, before the one in use (${builtAt}): older intelligence hides what is known since; --allow-rollback takes it in all the same`,
    );
  }
}

async function buildFrom(
  exchange: OpenedExchange,
  built: string,
  { directory, onProgress }: ApplyOptions,
): Promise<IntelligenceMeta> {
  const { header } = exchange;
  const base = header.from === null ? null : openRevision(directory, header.from);
  if (header.from !== null) {
    copyFileSync(join(directory, header.from, databaseFile), built, constants.COPYFILE_FICLONE);
  }
  const tables = openTables(built, { readOnly: false });
  try {
    const rebuilder = openRebuilder(tables, base === null ? null : tablesOf(base));
    await takeRecords(exchange, tables, rebuilder, onProgress);
    const revision = rebuilder.finish();
    if (revision !== header.to) {
      throw new Error(
        `what came out is revision ${revision} and not ${header.to}: the file does not belong to this revision`,
      );
    }
    const meta = unpackValue(tables.meta.get('meta') ?? Buffer.from([0xc0])) as IntelligenceMeta | null;
    if (meta?.revision !== revision || meta.builtAt !== header.builtAt) {
      throw new Error('what the file says of its revision is not what its head says');
    }
    return meta;
  } finally {
    base?.close();
    await tables.root.close();
  }
}

async function takeRecords(
  exchange: OpenedExchange,
  tables: Tables,
  rebuilder: Rebuilder,
  onProgress: (records: number) => void,
): Promise<void> {
  let held: ExchangeRecord[] = [];
  let done = 0;
  const flush = () => {
    tables.root.transactionSync(() => {
      for (const record of held) take(record, tables, rebuilder);
    });
    done += held.length;
    held = [];
    onProgress(done);
  };
  for await (const record of exchange.records()) {
    held.push(record);
    if (held.length >= transactionRecords) flush();
  }
  flush();
}

function take({ table, kind, key, value }: ExchangeRecord, tables: Tables, rebuilder: Rebuilder): void {
  const name = exchangedTables[table];
  if (name === undefined) throw new Error(`table ${table} is not known`);
  if (name === 'statements')
    rebuilder.statements(key, kind === 'same' ? 'same' : kind === 'put' ? value : null);
  else if (name === 'vulnerabilities') rebuilder.vulnerability(key, kind === 'put' ? value : null);
  else if (kind === 'put') tables[name].putSync(key, value);
  else tables[name].removeSync(key);
}
