import { type Problem, problem } from '../../../model/problem.ts';
import { type ByteView, byteView } from '../byte-view.ts';
import type { Budget } from './extract.ts';
import { readWal } from './sqlite-wal.ts';

/** A database file of SQLite whose pages can be read, with the pages of its log laid over them. */
export type SqliteFile = {
  readonly usableSize: number;
  /** For values that do not fit a page. */
  readonly budget: Budget;
  /** The bytes of a page, counted from 1, or null when it is not there. */
  page(number: number): ByteView | null;
};

const magic = 'SQLite format 3\0';

/**
 * Opens a database for reading. Bytes of the write-ahead log count as far as they were committed.
 * Source: https://www.sqlite.org/fileformat2.html
 */
export function openSqlite(
  bytes: Uint8Array,
  wal: Uint8Array | undefined,
  path: string,
): SqliteFile | Problem {
  const view = byteView(bytes, 'big');
  const head = view.slice(0, magic.length);
  if (head === null || new TextDecoder('latin1').decode(head) !== magic) {
    return problem('malformed', path, 'This is not an SQLite database.');
  }
  const stored = view.u16(16) ?? 0;
  const pageSize = stored === 1 ? 65_536 : stored;
  const usableSize = pageSize - (view.u8(20) ?? 0);
  if (pageSize < 512 || (pageSize & (pageSize - 1)) !== 0 || usableSize < 480) {
    return problem('malformed', path, `A page size of ${pageSize} bytes is not possible.`);
  }
  const log = wal === undefined ? new Map<number, Uint8Array>() : readWal(wal, pageSize);
  return {
    usableSize,
    budget: { bytesLeft: bytes.length + (wal?.length ?? 0) },
    page(number) {
      const found = log.get(number) ?? view.slice((number - 1) * pageSize, pageSize);
      return found === null ? null : byteView(found, 'big');
    },
  };
}
