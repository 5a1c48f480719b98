import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip, createZstdDecompress, gunzipSync } from 'node:zlib';
import { archivePath } from '../lib/archive-path.ts';
import { defaultLimits } from '../lib/limits.ts';
import { createTarParser, type TarEntry } from '../lib/tar.ts';
import { type Problem, problem, reasonOf } from '../model/problem.ts';
import { unxz } from './repositories-xz.ts';

/** Most bytes of a package's content that are unpacked on the way to its changelog. */
export const debUnpackedBytesMax = 4 * 1024 ** 3;

/** Largest changelog that is read, in bytes. */
export const changelogBytesMax = 32 * 1024 ** 2;

const membersMax = 20;
const entriesMax = 1_000_000;

/**
 * The changelog of a binary Debian package, null when it holds none (its documents are linked to another package's),
 * or why it cannot be read. Only `usr/share/doc/NAME/changelog.Debian.gz` is looked at, and `changelog.gz`, which is
 * what a package that has no other upstream calls it.
 * Source: https://manpages.debian.org/deb.5 and
 * https://www.debian.org/doc/debian-policy/ch-docs.html#changelog-files-and-release-notes
 */
export async function debChangelog(
  absolutePath: string,
  { where, name, isNative }: { readonly where: string; readonly name: string; readonly isNative: boolean },
): Promise<Buffer | null | Problem> {
  try {
    const member = await dataMember(absolutePath);
    if (member === null) return problem('malformed', where, 'is no Debian package: it has no data.tar');
    const folder = `usr/share/doc/${name}`;
    const paths = [`${folder}/changelog.Debian.gz`, ...(isNative ? [`${folder}/changelog.gz`] : [])];
    const found = await findInData(absolutePath, member, paths);
    return found === null || !Buffer.isBuffer(found)
      ? found === null
        ? null
        : problem('unreadable', where, found.failure)
      : gunzipSync(found, { maxOutputLength: changelogBytesMax });
  } catch (error) {
    return problem('unreadable', where, `changelog could not be read: ${reasonOf(error)}`);
  }
}

type Member = { readonly name: string; readonly start: number; readonly size: number };

async function dataMember(absolutePath: string): Promise<Member | null> {
  const handle = await open(absolutePath, 'r');
  try {
    const header = Buffer.alloc(60);
    await handle.read(header, 0, 8, 0);
    if (header.toString('latin1', 0, 8) !== '!<arch>\n') return null;
    let at = 8;
    for (let count = 0; count < membersMax; count += 1) {
      const { bytesRead } = await handle.read(header, 0, 60, at);
      if (bytesRead < 60 || header.toString('latin1', 58, 60) !== '`\n') return null;
      const name = header.toString('latin1', 0, 16).trimEnd().replace(/\/$/, '');
      const size = Number(header.toString('latin1', 48, 58).trim());
      if (!Number.isSafeInteger(size) || size < 0) return null;
      if (name.startsWith('data.tar')) return { name, start: at + 60, size };
      at += 60 + size + (size % 2);
    }
    return null;
  } finally {
    await handle.close();
  }
}

type Opened = {
  readonly chunks: AsyncIterable<Buffer>;
  /** What went wrong in the unpacker, known at the end. */
  readonly failure: Promise<string | null>;
  stop(): void;
};

async function findInData(
  absolutePath: string,
  { name, start, size }: Member,
  paths: readonly string[],
): Promise<Buffer | null | { readonly failure: string }> {
  if (size === 0) return { failure: 'its data.tar is empty' };
  const raw = createReadStream(absolutePath, { start, end: start + size - 1 });
  const opened = openData(name, raw);
  if (opened === null) {
    raw.destroy();
    return { failure: `its ${name} is packed in a way that we do not know` };
  }
  const search = searchTar(paths);
  let total = 0;
  try {
    for await (const chunk of opened.chunks) {
      total += chunk.length;
      if (total > debUnpackedBytesMax) return { failure: 'it unpacks to too much (debUnpackedBytesMax)' };
      const found = search.push(chunk);
      if (found !== null) return found;
    }
    const failure = await opened.failure;
    if (failure === null) search.finish();
    return failure === null ? null : { failure };
  } finally {
    opened.stop();
  }
}

type TarSearch = {
  /** Takes the next bytes; gives the content of the first file that is looked for, once it is whole. */
  push(chunk: Buffer): Buffer | null;
  /** Throws when the archive stops in the middle. */
  finish(): void;
};

function searchTar(paths: readonly string[]): TarSearch {
  let found: Buffer | null = null;
  const visitor = {
    entry: ({ path }: TarEntry) => found === null && paths.includes(archivePath(path) ?? ''),
    content(_entry: TarEntry, bytes: Uint8Array) {
      found = Buffer.from(bytes);
    },
  };
  const limits = { ...defaultLimits, archiveEntriesMax: entriesMax, bufferedBytesMax: changelogBytesMax };
  const parser = createTarParser(visitor, limits);
  return {
    push(chunk) {
      parser.push(chunk);
      return found;
    },
    finish: () => parser.finish(),
  };
}

function openData(name: string, raw: Readable): Opened | null {
  const none = Promise.resolve(null);
  const stop = () => void raw.destroy();
  if (name === 'data.tar') return { chunks: raw, failure: none, stop };
  if (name === 'data.tar.xz') {
    const unpacker = unxz(raw);
    return { chunks: unpacker.output, failure: unpacker.failure, stop: unpacker.stop };
  }
  const transform =
    name === 'data.tar.gz' ? createGunzip() : name === 'data.tar.zst' ? createZstdDecompress() : null;
  // Errors of either stream surface in the loop that reads the last one.
  return transform === null
    ? null
    : { chunks: pipeline(raw, transform, () => undefined), failure: none, stop };
}
