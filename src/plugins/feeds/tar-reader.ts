import { type Problem, problem } from '../../model/problem.ts';
import { type ByteReader, type Entry, feedEntriesMax, feedEntryBytesMax } from './archive.ts';

const blockSizeBytes = 512;

/** Longest path extension (GNU long name or pax header) that is read, in bytes. */
const pathExtensionBytesMax = 64 * 1024;

type TarOptions = {
  readonly container: string;
  readonly accepts: (path: string) => boolean;
  readonly problems: Problem[];
};

/**
 * The accepted regular files of a tar, in order. Knows ustar prefixes, GNU long names and pax `path` and `size`.
 * Source: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html (ustar and pax interchange formats)
 */
export async function* tarEntries(reader: ByteReader, options: TarOptions): AsyncGenerator<Entry> {
  let extension: Extension = {};
  for (let count = 0; count < feedEntriesMax; count += 1) {
    const block = await reader.take(blockSizeBytes);
    if (block.length === 0 || isZero(block)) return reader.drain();
    const header = block.length === blockSizeBytes ? headerOf(block, extension) : null;
    if (header === null) {
      options.problems.push(problem('malformed', options.container, `tar header ${count} is damaged`));
      return;
    }
    if (isExtension(header.type)) {
      extension = { ...extension, ...(await readExtension(reader, header)) };
      continue;
    }
    extension = {};
    const outcome = await readMember(reader, header, options);
    if (outcome === 'truncated') {
      options.problems.push(
        problem('unreadable', `${options.container}!${header.path}`, 'tar ends inside this file'),
      );
      return;
    }
    if (outcome !== 'skipped') yield outcome;
  }
  options.problems.push(
    problem('limit', options.container, 'archive has too many entries', 'feedEntriesMax'),
  );
}

type Header = { readonly path: string; readonly size: number; readonly type: string };
type Extension = { readonly path?: string; readonly size?: number };

function headerOf(block: Buffer, extension: Extension): Header | null {
  if (checksumOf(block) !== octal(block, 148, 8)) return null;
  const size = extension.size ?? octal(block, 124, 12);
  if (!Number.isSafeInteger(size) || size < 0) return null;
  const prefix = text(block, 345, 155);
  const name = text(block, 0, 100);
  const path = extension.path ?? (prefix === '' ? name : `${prefix}/${name}`);
  return { path: path.replace(/^\.\//, ''), size, type: String.fromCharCode(block[156] ?? 0) };
}

async function readMember(
  reader: ByteReader,
  header: Header,
  options: TarOptions,
): Promise<Entry | 'skipped' | 'truncated'> {
  const padded = Math.ceil(header.size / blockSizeBytes) * blockSizeBytes;
  const isFile = header.type === '0' || header.type === '\0' || header.type === '7';
  if (!isFile || !options.accepts(header.path)) return (await reader.skip(padded)) ? 'skipped' : 'truncated';
  if (header.size > feedEntryBytesMax) {
    const where = `${options.container}!${header.path}`;
    options.problems.push(problem('limit', where, 'record file is too large', 'feedEntryBytesMax'));
    return (await reader.skip(padded)) ? 'skipped' : 'truncated';
  }
  const bytes = await reader.take(padded);
  if (bytes.length < padded) return 'truncated';
  return { path: header.path, bytes: bytes.subarray(0, header.size) };
}

function isExtension(type: string): boolean {
  return type === 'L' || type === 'K' || type === 'x' || type === 'g';
}

async function readExtension(reader: ByteReader, header: Header): Promise<Extension> {
  const padded = Math.ceil(header.size / blockSizeBytes) * blockSizeBytes;
  if (header.size > pathExtensionBytesMax || header.type === 'K' || header.type === 'g') {
    await reader.skip(padded);
    return {};
  }
  const bytes = (await reader.take(padded)).subarray(0, header.size);
  return header.type === 'L' ? { path: text(bytes, 0, bytes.length) } : paxExtension(bytes);
}

/** Pax records are `length key=value\n`, where length counts the whole record. */
function paxExtension(bytes: Buffer): Extension {
  const found: { path?: string; size?: number } = {};
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = space < 0 ? 0 : Number(bytes.toString('latin1', at, space));
    if (!Number.isInteger(length) || length <= space - at + 1) break;
    const record = bytes.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    const value = record.slice(equals + 1);
    if (record.startsWith('path=')) found.path = value;
    if (record.startsWith('size=') && /^\d{1,15}$/.test(value)) found.size = Number(value);
    at += length;
  }
  return found;
}

function text(block: Buffer, start: number, length: number): string {
  const end = block.indexOf(0, start);
  return block.toString('utf8', start, end < 0 || end > start + length ? start + length : end);
}

function octal(block: Buffer, start: number, length: number): number {
  const digits = block
    .toString('latin1', start, start + length)
    .replace(/[\0 ]+$/, '')
    .trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : digits === '' ? 0 : Number.NaN;
}

function checksumOf(block: Buffer): number {
  let sum = 0;
  for (let at = 0; at < blockSizeBytes; at += 1) sum += at >= 148 && at < 156 ? 32 : (block[at] ?? 0);
  return sum;
}

function isZero(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}
