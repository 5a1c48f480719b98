import { archivePath } from '../../lib/archive-path.ts';
import { type BlobSource, detectCompression, readBlob, readSeeking } from '../../lib/blob.ts';
import { LimitError, type ScanLimits } from '../../lib/limits.ts';
import { createTarParser, type TarEntry, TarError, type TarParser, type TarVisitor } from '../../lib/tar.ts';
import { ZipError } from '../../lib/zip-directory.ts';
import { type Problem, problem, reasonOf } from '../../model/problem.ts';
import { createExtraction, rootLink } from './extraction.ts';
import { createFacts, documentBytesMax } from './facts/gather.ts';
import type { Reading } from './reading.ts';

const whiteout = '.wh.';
const opaqueMarker = '.wh..wh..opq';
/**
 * Reads one image layer in a single pass over its bytes. What was read before an error or a limit is kept.
 * Source: https://github.com/opencontainers/image-spec/blob/main/layer.md
 */
export async function readLayer(
  blob: BlobSource & { readonly digest: string | null },
  limits: ScanLimits,
  onStoredBytes: (bytes: number) => void,
): Promise<Reading> {
  const where = blob.digest ?? blob.path;
  const extraction = createExtraction(limits, { installedOnly: false });
  const facts = createFacts({ isLayer: true });
  const problems: Problem[] = [];
  const removed: string[] = [];
  const opaque: string[] = [];
  const links: { path: string; to: string }[] = [];
  const unsafe = { count: 0, first: '' };
  let linkedDocuments = 0;

  const visitor: TarVisitor = {
    entry(entry) {
      const path = archivePath(entry.path);
      if (path === null) {
        if (unsafe.count++ === 0) unsafe.first = entry.path;
        return false;
      }
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (name.startsWith(whiteout)) {
        noteWhiteout(path, name);
        return false;
      }
      noteMode(path, entry);
      if (entry.kind === 'file') return isDocument(path, entry) || isWanted(path, entry);
      if (entry.kind === 'symlink') noteSymlink(path, entry);
      else if (entry.kind === 'hardlink') copyLinked(path, entry);
      else if (entry.kind === 'other' && extraction.wants(path)) removed.push(path);
      return false;
    },
    head(entry, bytes) {
      const path = archivePath(entry.path) ?? '';
      return facts.wants(path) || extraction.looksRight(path, bytes, null);
    },
    content(entry, bytes) {
      const path = archivePath(entry.path) ?? '';
      if (facts.wants(path)) facts.take(path, bytes);
      if (extraction.wants(path)) extraction.take(path, bytes);
    },
  };

  function noteWhiteout(path: string, name: string): void {
    const folder = path.slice(0, Math.max(0, path.length - name.length - 1));
    if (name === opaqueMarker) opaque.push(folder);
    else if (!name.startsWith('.wh..wh.'))
      removed.push(folder ? `${folder}/${name.slice(4)}` : name.slice(4));
  }

  function noteMode(path: string, entry: TarEntry): void {
    const { kind } = entry;
    if (path === '') return;
    // A hard link's own header has the mode of what it is a name of.
    if (kind === 'directory') facts.note(path, kind, entry);
    else if (kind === 'file' || kind === 'hardlink') facts.note(path, 'file', entry);
    else facts.pass(path);
    const isSaying = kind === 'symlink' ? facts.wantsLink(path) : facts.wants(path);
    if (isSaying) removed.push(path);
    if (kind === 'symlink' && isSaying) facts.link(path, entry.linkTarget);
    if (kind === 'hardlink' && isSaying) linkedDocuments++;
  }

  function isDocument(path: string, { sizeBytes }: TarEntry): boolean {
    if (!facts.wants(path)) return false;
    if (sizeBytes <= documentBytesMax) return true;
    const why = `${sizeBytes} bytes, and at most ${documentBytesMax} are read`;
    problems.push(problem('limit', path, why, 'documentBytesMax'));
    return false;
  }

  function isWanted(path: string, entry: TarEntry): boolean {
    if (!extraction.wants(path)) return false;
    // The file replaces a lower layer's, whether or not this one can be read.
    removed.push(path);
    const most = extraction.sizeMaxBytes(path);
    if (entry.sizeBytes <= most) return true;
    problems.push(
      problem('limit', path, `${entry.sizeBytes} bytes, and at most ${most} are read`, 'sizeMaxBytes'),
    );
    return false;
  }

  function noteSymlink(path: string, entry: TarEntry): void {
    const link = rootLink(path, entry.linkTarget);
    if (link) links.push(link);
    if (extraction.wants(path)) removed.push(path);
  }

  function copyLinked(path: string, entry: TarEntry): void {
    if (!extraction.wants(path)) return;
    removed.push(path);
    const target = archivePath(entry.linkTarget);
    if (target !== null && extraction.link(path, target)) return;
    problems.push(
      problem(
        'unreadable',
        path,
        `is a hard link to ${entry.linkTarget}, which this layer does not have before it`,
      ),
    );
  }

  // The digest of what is stored, where the layer is known by it: only then is every byte needed.
  async function feed(parser: TarParser): Promise<string | null> {
    if (blob.digest === null && (await detectCompression(blob)) === 'none') {
      readSeeking(blob, parser, onStoredBytes);
      return null;
    }
    const reading = await readBlob(blob, limits, onStoredBytes);
    for await (const chunk of reading.chunks) parser.push(chunk);
    return reading.digest();
  }

  let isComplete = true;
  const parser = createTarParser(visitor, limits);
  try {
    const actual = await feed(parser);
    parser.finish();
    if (actual !== null && blob.digest?.startsWith('sha256:') && actual !== blob.digest) {
      isComplete = false;
      problems.push(
        problem('malformed', where, `its bytes hash to ${actual}: the layer was damaged or changed`),
      );
    }
  } catch (error) {
    isComplete = false;
    problems.push(problemOf(error, where));
  }
  extraction.finish();
  if (unsafe.count > 0) {
    const why = `${unsafe.count} entries climb out of the root and were not read, the first '${unsafe.first.slice(0, 200)}'`;
    problems.push(problem('escape', where, why));
  }
  if (linkedDocuments > 0) {
    const why = `${linkedDocuments} files of the configuration are hard links, and were not read as such`;
    problems.push(problem('not-assessed', where, why));
  }
  return {
    files: extraction.files,
    releases: extraction.releases,
    removed,
    opaque,
    links,
    problems: [...problems, ...extraction.problems],
    facts: facts.finish(),
    isComplete,
    entryCount: parser.entryCount,
    byteCount: parser.byteCount,
  };
}

/** What a reader threw, as a problem at `where`. */
export function problemOf(error: unknown, where: string): Problem {
  if (error instanceof LimitError) return problem('limit', where, error.message, error.limit);
  if (error instanceof TarError)
    return problem('malformed', where, `${error.message} (at byte ${error.at} of the tar)`);
  if (error instanceof ZipError) return problem('malformed', where, error.message);
  const code = (error as { code?: string }).code ?? '';
  if (code.startsWith('Z_') || code.startsWith('ERR_ZLIB') || code.startsWith('ZSTD_')) {
    return problem('malformed', where, `its compression is damaged or cut short: ${reasonOf(error)}`);
  }
  return problem('unreadable', where, reasonOf(error));
}
