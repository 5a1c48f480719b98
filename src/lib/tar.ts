import { LimitError, type ScanLimits } from './limits.ts';
import {
  addSparse,
  expand,
  number,
  type Overrides,
  owner,
  readPax,
  type SparseMap,
  TarError,
  text,
} from './tar-fields.ts';

export { TarError } from './tar-fields.ts';

/**
 * Tar, read as a stream: ustar, old GNU, GNU long names and sparse files, PAX headers.
 * Source: https://www.gnu.org/software/tar/manual/html_node/Standard.html and POSIX.1-2017 pax.
 *
 * Hot: every byte of every layer passes here. Cost is one header parse per entry and no copy of skipped content.
 */
export type TarEntry = {
  /** As written in the archive, long-name and PAX records applied; not yet made safe. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink' | 'other';
  /** Size of the content, in bytes, as a reader of the extracted file would see it. */
  readonly sizeBytes: number;
  readonly mode: number;
  /** Who owns it; null where an impossible number stands. */
  readonly uid: number | null;
  readonly gid: number | null;
  readonly linkTarget: string;
};

export type TarVisitor = {
  /** Whether the content is wanted. Called once for each entry, in order. */
  entry(entry: TarEntry): boolean;
  /** Whether the content is still wanted, by its first bytes (`tarHeadBytes`, or all of a shorter one). */
  head?(entry: TarEntry, bytes: Uint8Array): boolean;
  /** The whole content of a wanted entry; the bytes are only good until this returns. */
  content(entry: TarEntry, bytes: Uint8Array): void;
};

export type TarParser = {
  push(chunk: Uint8Array): void;
  /** Throws when the archive stops in the middle of an entry. */
  finish(): void;
  /** How many of the next bytes nobody wants: a reader that can seek need not push them but call `skip`. */
  readonly skippable: number;
  skip(count: number): void;
  readonly entryCount: number;
  readonly byteCount: number;
};

/** How much of a content is shown before it is gathered whole. */
export const tarHeadBytes = 16;
const block = 512;
// PAX and GNU long names are small; a larger header is an attack or garbage.
const headerContentMax = 1 << 20;
const scratchBytesMax = 32 << 20;

export function createTarParser(visitor: TarVisitor, limits: ScanLimits): TarParser {
  const header = new Uint8Array(block);
  let headerFill = 0;
  let bytes = 0;
  let entries = 0;
  let ended = false;
  // The content being read: its bytes still to come, padding after it, and where it goes.
  let remaining = 0;
  let padding = 0;
  let sink: ((content: Uint8Array) => void) | null = null;
  let judge: ((head: Uint8Array) => boolean) | null = null;
  let buffer: Uint8Array | null = null;
  let bufferFill = 0;
  // Whether the buffer is a part of the chunk.
  let isWhole = false;
  // Where contents that fall on two chunks are gathered, one after the other.
  let scratch = new Uint8Array(0);
  let next: Overrides = {};
  let globals: Overrides = {};
  let sparseExtended: SparseMap | null = null;
  let afterSparse: (() => void) | null = null;

  function push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.length && !ended) {
      if (remaining > 0) {
        const take = Math.min(remaining, chunk.length - at);
        if (sink && !buffer) openBuffer(chunk.subarray(at, at + take));
        if (buffer && !isWhole) {
          buffer.set(chunk.subarray(at, at + take), bufferFill);
          bufferFill += take;
        }
        remaining -= take;
        at += take;
        if (remaining === 0) endContent();
      } else if (padding > 0) {
        const take = Math.min(padding, chunk.length - at);
        padding -= take;
        at += take;
      } else {
        const take = Math.min(block - headerFill, chunk.length - at);
        header.set(chunk.subarray(at, at + take), headerFill);
        headerFill += take;
        at += take;
        if (headerFill === block) {
          headerFill = 0;
          readHeader();
        }
      }
    }
    count(chunk.length);
  }

  function count(passed: number): void {
    bytes += passed;
    if (bytes > limits.archiveBytesMax) {
      throw new LimitError('archiveBytesMax', `more than ${limits.archiveBytesMax} bytes unpacked`);
    }
  }

  function begin(
    size: number,
    wanted: ((content: Uint8Array) => void) | null,
    looksRight: ((head: Uint8Array) => boolean) | null = null,
  ): void {
    padding = (block - (size % block)) % block;
    remaining = size;
    sink = wanted;
    judge = looksRight;
    if (size === 0) endContent();
  }

  // Memory is only taken once the first bytes look right; where they fall on two chunks, the content is taken anyway.
  function openBuffer(start: Uint8Array): void {
    const headBytes = Math.min(tarHeadBytes, remaining);
    if (judge && start.length >= headBytes && !judge(start.subarray(0, headBytes))) {
      sink = null;
      return;
    }
    // What lies in one chunk is handed over where it lies.
    isWhole = start.length === remaining;
    if (isWhole) {
      buffer = start;
      return;
    }
    if (scratch.length < remaining && remaining <= scratchBytesMax) {
      scratch = new Uint8Array(Math.min(scratchBytesMax, 2 * remaining));
    }
    buffer = remaining <= scratch.length ? scratch.subarray(0, remaining) : new Uint8Array(remaining);
    bufferFill = 0;
  }

  function endContent(): void {
    const done = sink;
    const content = buffer ?? new Uint8Array(0);
    sink = null;
    buffer = null;
    isWhole = false;
    done?.(content);
  }

  function readHeader(): void {
    if (sparseExtended) {
      readSparseExtension(sparseExtended);
      return;
    }
    if (header[0] === 0 && header.every((byte) => byte === 0)) {
      // One zero block can stand between concatenated archives; readers end at two. Ending here loses nothing that
      // tar itself would show.
      ended = true;
      return;
    }
    checkSum(header, bytes);
    const type = String.fromCharCode(header[156] ?? 0);
    const size = number(header, 124, 12);
    if (type === 'L' || type === 'K' || type === 'x' || type === 'X' || type === 'g') {
      if (size > headerContentMax) throw new TarError(`extended header of ${size} bytes`, bytes);
      begin(size, (content) => readExtended(type, content));
      return;
    }
    if (++entries > limits.archiveEntriesMax) {
      throw new LimitError('archiveEntriesMax', `more than ${limits.archiveEntriesMax} entries`);
    }
    const own = next;
    next = {};
    const stored = own.sizeBytes ?? globals.sizeBytes ?? size;
    if (type === 'S') startOldSparse(own, stored);
    else emit(own, type, stored, own.sparse ?? null);
  }

  function startOldSparse(own: Overrides, stored: number): void {
    const map: SparseMap = { realSize: number(header, 483, 12), chunks: [], inData: false };
    addSparse(map, header, 386, 4);
    const copy = header.slice();
    const go = () => {
      header.set(copy);
      emit(own, '0', stored, map);
    };
    if (header[482] === 0) {
      go();
      return;
    }
    sparseExtended = map;
    afterSparse = go;
  }

  function readSparseExtension(map: SparseMap): void {
    addSparse(map, header, 0, 21);
    if (map.chunks.length > 100_000) throw new TarError('sparse map without end', bytes);
    if (header[504] !== 0) return;
    const go = afterSparse;
    sparseExtended = null;
    afterSparse = null;
    go?.();
  }

  function emit(own: Overrides, type: string, stored: number, sparse: SparseMap | null): void {
    const path = own.path ?? globals.path ?? headerPath(header);
    const kind = kindOf(type, path);
    if (path.length > limits.pathLengthMax) {
      throw new LimitError('pathLengthMax', `a path of ${path.length} characters: ${path.slice(0, 80)}…`);
    }
    const holdsContent = kind === 'file' || kind === 'other';
    const entry: TarEntry = {
      path,
      kind,
      sizeBytes: kind === 'file' ? (sparse?.realSize ?? stored) : 0,
      mode: number(header, 100, 8) & 0o7777,
      uid: own.uid !== undefined ? own.uid : owner(header, 108),
      gid: own.gid !== undefined ? own.gid : owner(header, 116),
      linkTarget: own.linkTarget ?? text(header, 157, 100),
    };
    const wanted = visitor.entry(entry) && kind === 'file';
    if (wanted && entry.sizeBytes > limits.bufferedBytesMax) {
      throw new LimitError('bufferedBytesMax', `${path} says it has ${entry.sizeBytes} bytes`);
    }
    const deliver = (content: Uint8Array) =>
      visitor.content(entry, sparse ? expand(sparse, content) : content);
    const looksRight =
      visitor.head && !sparse ? (head: Uint8Array) => visitor.head?.(entry, head) ?? true : null;
    begin(holdsContent ? stored : 0, wanted ? deliver : null, looksRight);
  }

  function readExtended(type: string, content: Uint8Array): void {
    if (type === 'L') next.path = text(content, 0, content.length);
    else if (type === 'K') next.linkTarget = text(content, 0, content.length);
    else if (type === 'g') globals = { ...globals, ...readPax(content, bytes) };
    else next = { ...next, ...readPax(content, bytes) };
  }

  return {
    push,
    finish() {
      if (remaining > 0 || headerFill > 0 || (!ended && (padding > 0 || sparseExtended !== null))) {
        throw new TarError('ends in the middle of an entry', bytes);
      }
      if (bytes === 0) throw new TarError('is empty', 0);
    },
    get skippable() {
      return sink === null ? remaining + padding : 0;
    },
    skip(skipped) {
      const content = Math.min(skipped, remaining);
      remaining -= content;
      padding -= skipped - content;
      count(skipped);
      if (remaining === 0) endContent();
    },
    get entryCount() {
      return entries;
    },
    get byteCount() {
      return bytes;
    },
  };
}

function kindOf(type: string, path: string): TarEntry['kind'] {
  if (type === '0' || type === '\0') {
    // Before ustar a directory was a file whose name ends in a slash.
    return path.endsWith('/') ? 'directory' : 'file';
  }
  if (type === '7') return 'file';
  if (type === '5') return 'directory';
  if (type === '2') return 'symlink';
  if (type === '1') return 'hardlink';
  return 'other';
}

function headerPath(header: Uint8Array): string {
  const name = text(header, 0, 100);
  const isUstar = header[257] === 117 && header[262] === 0;
  const prefix = isUstar ? text(header, 345, 155) : '';
  return prefix ? `${prefix}/${name}` : name;
}

function checkSum(header: Uint8Array, at: number): void {
  const stated = number(header, 148, 8);
  let sum = 256;
  for (let index = 0; index < 148; index++) sum += header[index] as number;
  for (let index = 156; index < block; index++) sum += header[index] as number;
  if (sum !== stated) throw new TarError('bad header checksum: not a tar, or damaged', at);
}
