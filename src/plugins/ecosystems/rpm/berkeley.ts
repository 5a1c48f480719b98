import { type Problem, problem } from '../../../model/problem.ts';
import { type ByteView, byteView } from '../byte-view.ts';
import type { Extractor, ExtractorFile } from '../contract.ts';
import { type Blobs, type Budget, databaseSizeMaxBytes, extractBlobs, isDatabase, spend } from './extract.ts';

/**
 * The database up to rpm 4.16: a hash of Berkeley DB. All pages are walked one after the other, as the order of the
 * buckets does not matter; values that do not fit a page lie in chains of overflow pages.
 * Source: https://github.com/berkeleydb/libdb/blob/master/src/dbinc/db_page.h
 */
export const rpmBerkeley = {
  id: 'rpm/berkeley',
  version: 1,
  sizeMaxBytes: databaseSizeMaxBytes,
  names: ['Packages'],
  wants: (path) => isDatabase(path, 'Packages'),
  extract: (file) => extractBlobs(file, readBerkeley),
} satisfies Extractor;

const magicOfHash = 0x00061561;
const pageHeaderSize = 26;
const blobSizeMaxBytes = 64 * 1024 * 1024;
const page = { unsortedHash: 2, overflow: 7, hash: 13 } as const;
const item = { inline: 1, offPage: 3 } as const;

type Database = {
  readonly path: string;
  readonly view: ByteView;
  readonly pageSize: number;
  readonly lastPage: number;
  readonly problems: Problem[];
  readonly budget: Budget;
};

function readBerkeley(file: ExtractorFile): Blobs {
  const database = open(file);
  if ('kind' in database) return { blobs: [], problems: [database] };
  const blobs: Uint8Array[] = [];
  for (let number = 1; number <= database.lastPage; number++) {
    const type = database.view.u8(number * database.pageSize + 25);
    if (type === page.hash || type === page.unsortedHash) readHashPage(database, number, blobs);
  }
  return { blobs, problems: database.problems };
}

function open(file: ExtractorFile): Database | Problem {
  const order = byteView(file.bytes, 'little').u32(12) === magicOfHash ? 'little' : 'big';
  const view = byteView(file.bytes, order);
  if (view.u32(12) !== magicOfHash) return problem('malformed', file.path, 'This is not a Berkeley DB hash.');
  const version = view.u32(16) ?? 0;
  if (version < 7 || version > 10)
    return problem('unsupported', file.path, `Version ${version} of the hash is not known.`);
  if (view.u8(24) !== 0) return problem('unsupported', file.path, 'The database is encrypted.');
  const pageSize = view.u32(20) ?? 0;
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) {
    return problem('malformed', file.path, `A page size of ${pageSize} bytes is not possible.`);
  }
  const problems: Problem[] = [];
  const there = Math.floor(file.bytes.length / pageSize) - 1;
  const last = view.u32(32) ?? 0;
  if (last > there)
    problems.push(problem('malformed', file.path, `The file ends after page ${there} of ${last}.`));
  return {
    path: file.path,
    view,
    pageSize,
    lastPage: Math.min(last, there),
    problems,
    budget: { bytesLeft: view.length },
  };
}

// Items come in pairs of key and value; the directory in front of the page holds where each begins, from the end.
function readHashPage(database: Database, number: number, blobs: Uint8Array[]): void {
  const { view, pageSize } = database;
  const base = number * pageSize;
  const count = view.u16(base + 20) ?? 0;
  if (pageHeaderSize + count * 2 > pageSize) {
    database.problems.push(
      problem('malformed', `${database.path}#page ${number}`, 'The page lists more items than it can hold.'),
    );
    return;
  }
  const offsetOf = (index: number) => view.u16(base + pageHeaderSize + index * 2) ?? 0;
  for (let index = 1; index < count; index += 2) {
    const at = offsetOf(index);
    const end = offsetOf(index - 1);
    if (at < pageHeaderSize || end > pageSize || at >= end) {
      database.problems.push(
        problem('malformed', `${database.path}#page ${number}`, 'An item lies outside its page.'),
      );
      continue;
    }
    const blob = readItem(database, base + at, end - at);
    // The counter of records is kept as a value too, of one number.
    if (blob !== null && blob.length > 16) blobs.push(blob);
  }
}

function readItem(database: Database, at: number, length: number): Uint8Array | null {
  const { view } = database;
  const type = view.u8(at);
  if (type === item.inline) return view.slice(at + 1, length - 1);
  if (type !== item.offPage) return null;
  return readChain(database, view.u32(at + 4) ?? 0, view.u32(at + 8) ?? 0);
}

function readChain(database: Database, first: number, size: number): Uint8Array | null {
  const { view, pageSize, lastPage, path } = database;
  if (size > blobSizeMaxBytes || !spend(database.budget, size)) {
    const why = `A header of ${size} bytes was passed over.`;
    database.problems.push(problem('limit', `${path}#page ${first}`, why, 'databaseBytesMax'));
    return null;
  }
  const blob = new Uint8Array(size);
  let filled = 0;
  let number = first;
  while (
    filled < size &&
    number !== 0 &&
    number <= lastPage &&
    view.u8(number * pageSize + 25) === page.overflow
  ) {
    const base = number * pageSize;
    const part = view.slice(
      base + pageHeaderSize,
      Math.min(view.u16(base + 22) ?? 0, pageSize - pageHeaderSize),
    );
    // An empty page would let a chain go round forever.
    if (part === null || part.length === 0) break;
    blob.set(part.subarray(0, size - filled), filled);
    filled += part.length;
    number = view.u32(base + 16) ?? 0;
  }
  if (filled >= size) return blob;
  database.problems.push(
    problem('malformed', `${path}#page ${first}`, 'A chain of overflow pages ends too early.'),
  );
  return null;
}
