import { type FileHandle, open } from 'node:fs/promises';
import { crc32, inflateRawSync } from 'node:zlib';
import { openPromise, type Entry as ZipMember } from 'yauzl';
import { type Problem, problem, reasonOf } from '../../model/problem.ts';
import { type Entry, feedEntriesMax, feedEntryBytesMax } from './archive.ts';
import type { FeedFile } from './contract.ts';

/**
 * The accepted files of a zip, in directory order, each checked against its size and CRC. Members are unpacked in one
 * step each: archives of many small records are ten times faster so than through a stream per member.
 */
export async function* zipEntries(
  file: FeedFile,
  accepts: (path: string) => boolean,
  problems: Problem[],
): AsyncGenerator<Entry> {
  let count = 0;
  let handle: FileHandle | null = null;
  try {
    const zip = await openPromise(file.absolutePath);
    handle = await open(file.absolutePath, 'r');
    for await (const member of zip.eachEntry()) {
      count += 1;
      if (count > feedEntriesMax) {
        problems.push(problem('limit', file.path, 'archive has too many entries', 'feedEntriesMax'));
        break;
      }
      if (member.fileName.endsWith('/') || !accepts(member.fileName)) continue;
      const entry = await readMember(handle, member, file);
      if ('kind' in entry) problems.push(entry);
      else yield entry;
    }
  } catch (error) {
    problems.push(problem('unreadable', file.path, `zip could not be read to its end: ${reasonOf(error)}`));
  } finally {
    await handle?.close();
  }
}

async function readMember(handle: FileHandle, member: ZipMember, file: FeedFile): Promise<Entry | Problem> {
  const where = `${file.path}!${member.fileName}`;
  if (member.uncompressedSize > feedEntryBytesMax || member.compressedSize > feedEntryBytesMax) {
    return problem('limit', where, 'record file is too large', 'feedEntryBytesMax');
  }
  try {
    const packed = await readPacked(handle, member);
    const bytes = member.compressionMethod === 0 ? packed : inflate(packed, member);
    const isWhole = bytes.length === member.uncompressedSize && crc32(bytes) === member.crc32;
    return isWhole ? { path: member.fileName, bytes } : problem('malformed', where, 'zip member is damaged');
  } catch (error) {
    return problem('unreadable', where, reasonOf(error));
  }
}

const localHeaderBytes = 30;

/** Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT (section 4.3.7) */
async function readPacked(handle: FileHandle, member: ZipMember): Promise<Buffer> {
  if (member.isEncrypted()) throw new Error('zip member is encrypted');
  if (member.compressionMethod !== 0 && member.compressionMethod !== 8) {
    throw new Error(`zip compression method ${member.compressionMethod} is not read`);
  }
  const at = member.relativeOffsetOfLocalHeader;
  const header = await readExactly(handle, at, localHeaderBytes);
  if (header.readUInt32LE(0) !== 0x04034b50) throw new Error('zip local header is damaged');
  const dataAt = at + localHeaderBytes + header.readUInt16LE(26) + header.readUInt16LE(28);
  return readExactly(handle, dataAt, member.compressedSize);
}

async function readExactly(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw new Error('zip ends inside a member');
  return buffer;
}

function inflate(packed: Buffer, member: ZipMember): Buffer {
  return inflateRawSync(packed, { maxOutputLength: Math.max(member.uncompressedSize, 1) });
}
