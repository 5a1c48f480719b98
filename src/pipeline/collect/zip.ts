import { promisify } from 'node:util';
import yauzl from 'yauzl';
import { archivePath } from '../../lib/archive-path.ts';
import { LimitError, type ScanLimits } from '../../lib/limits.ts';
import { type Problem, problem } from '../../model/problem.ts';
import { createExtraction } from './extraction.ts';
import { problemOf } from './layer.ts';
import type { Reading } from './reading.ts';

// Small archives may expand any number of times: a ratio only says something on large output.
const ratioFromBytes = 64 * 2 ** 20;

/** Reads the wanted files of a zip by its central directory; the rest is never unpacked. */
export async function readZip(
  path: string,
  limits: ScanLimits,
  onBytes: (bytes: number) => void,
): Promise<Reading> {
  const extraction = createExtraction(limits, { installedOnly: false });
  const problems: Problem[] = [];
  const removed: string[] = [];
  let isComplete = true;
  let entries = 0;
  let bytes = 0;
  try {
    const zip = await promisify<string, yauzl.Options, yauzl.ZipFile>(yauzl.open)(path, {
      lazyEntries: true,
      autoClose: false,
      // Names are judged by us, so that one bad name does not end the reading.
      decodeStrings: false,
    });
    try {
      for await (const entry of entriesOf(zip)) {
        if (++entries > limits.archiveEntriesMax) {
          throw new LimitError('archiveEntriesMax', `more than ${limits.archiveEntriesMax} entries`);
        }
        await visit(zip, entry);
      }
    } finally {
      zip.close();
    }
  } catch (error) {
    isComplete = false;
    problems.push(problemOf(error, path));
  }
  extraction.finish();
  return {
    files: extraction.files,
    releases: [],
    removed,
    opaque: [],
    links: [],
    problems: [...problems, ...extraction.problems],
    isComplete,
    entryCount: entries,
    byteCount: bytes,
  };

  async function visit(zip: yauzl.ZipFile, entry: yauzl.Entry): Promise<void> {
    const raw = Buffer.isBuffer(entry.fileName) ? entry.fileName.toString('utf8') : String(entry.fileName);
    const name = archivePath(raw.replaceAll('\\', '/'));
    if (name === null || name.length > limits.pathLengthMax) {
      problems.push(
        problem('escape', raw.slice(0, 200), 'climbs out of the archive or is too long, and was not read'),
      );
      return;
    }
    if (raw.endsWith('/') || !extraction.wants(name)) return;
    const most = extraction.sizeMaxBytes(name);
    if (entry.uncompressedSize > most) {
      const why = `${entry.uncompressedSize} bytes, and at most ${most} are read`;
      problems.push(problem('limit', name, why, 'sizeMaxBytes'));
      return;
    }
    if (entry.generalPurposeBitFlag & 1) {
      problems.push(problem('unsupported', name, 'is encrypted'));
      return;
    }
    try {
      const content = await contentOf(zip, entry, most);
      bytes += content.length;
      onBytes(entry.compressedSize);
      extraction.take(name, content);
    } catch (error) {
      problems.push(problemOf(error, name));
    }
    keepWithin(zip.fileSize);
  }

  // Members may share their bytes, so that a small archive holds any number of large ones.
  function keepWithin(storedBytes: number): void {
    if (bytes > limits.archiveBytesMax) {
      throw new LimitError('archiveBytesMax', `more than ${limits.archiveBytesMax} bytes unpacked`);
    }
    if (bytes > ratioFromBytes && bytes > storedBytes * limits.expansionRatioMax) {
      throw new LimitError('expansionRatioMax', `expands more than ${limits.expansionRatioMax} times`);
    }
  }
}

async function* entriesOf(zip: yauzl.ZipFile): AsyncGenerator<yauzl.Entry> {
  let wake: (() => void) | null = null;
  const queue: yauzl.Entry[] = [];
  let done = false;
  let failure: unknown = null;
  const signal = () => {
    wake?.();
    wake = null;
  };
  zip.on('entry', (entry: yauzl.Entry) => {
    queue.push(entry);
    signal();
  });
  zip.on('end', () => {
    done = true;
    signal();
  });
  zip.on('error', (error) => {
    failure = error;
    signal();
  });
  zip.readEntry();
  while (true) {
    const entry = queue.shift();
    if (entry) {
      yield entry;
      zip.readEntry();
    } else if (failure) throw failure;
    else if (done) return;
    else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}

async function contentOf(zip: yauzl.ZipFile, entry: yauzl.Entry, most: number): Promise<Uint8Array> {
  const open = promisify<yauzl.Entry, NodeJS.ReadableStream>(zip.openReadStream.bind(zip));
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of (await open(entry)) as AsyncIterable<Buffer>) {
    size += part.length;
    // A central directory can lie about sizes; what comes out decides.
    if (size > most) throw new LimitError('bufferedBytesMax', `unpacks to more than ${most} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts, size);
}
