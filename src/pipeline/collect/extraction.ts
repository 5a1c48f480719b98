import { resolveLink } from '../../lib/archive-path.ts';
import type { ScanLimits } from '../../lib/limits.ts';
import { assert } from '../../model/assert.ts';
import { type OsRelease, parseOsRelease } from '../../model/os-release.ts';
import { type Problem, problem, reasonOf } from '../../model/problem.ts';
import type { Extractor, OwnedFiles, ReadAt } from '../../plugins/ecosystems/contract.ts';
import { ecosystems } from '../../plugins/ecosystems/registry.ts';
import { indexExtractors } from './extractor-index.ts';
import type { ReadFile } from './reading.ts';

/**
 * Hands wanted files to extractors as they come by, in whatever order the bytes have them, and keeps the results.
 * Files that need companions wait until `finish`.
 */
export type Extraction = {
  /** Whether any reader wants the path. Runs on every path: no allocation for the unwanted. */
  wants(path: string): boolean;
  /** Whether every reader of a path also reads the other, so that what lies at both need not be read twice. */
  readsAlike(path: string, other: string): boolean;
  /** The largest size that a reader of this path takes, in bytes. */
  sizeMaxBytes(path: string): number;
  /** Whether a wanted file is worth reading whole, by its first bytes (16, or all of a shorter file). */
  looksRight(path: string, head: Uint8Array, readAt: ReadAt | null): boolean;
  /** Reads a wanted file. The bytes may be written over once this returns. */
  take(path: string, bytes: Uint8Array): void;
  /** Notes that a path is another name of a file that was taken or passed over before; false when it was neither. */
  link(path: string, target: string): boolean;
  finish(): void;
  readonly files: readonly ReadFile[];
  readonly releases: readonly { readonly path: string; readonly os: OsRelease }[];
  readonly problems: readonly Problem[];
};

const releasePaths = new Set(['etc/os-release', 'usr/lib/os-release']);
const releaseBytesMax = 1 << 16;

const systemExtractors: readonly Extractor[] = ecosystems
  .filter((e) => e.isSystem)
  .flatMap((e) => e.extractors);
const languageExtractors: readonly Extractor[] = ecosystems
  .filter((e) => !e.isSystem)
  .flatMap((e) => e.extractors);
const everyExtractor: readonly Extractor[] = [...systemExtractors, ...languageExtractors];

const index = indexExtractors(everyExtractor);
const languageIndex = indexExtractors(languageExtractors);

// Where other people's lock files lie: packages bring along what they were developed with.
const installedFolders = ecosystems.flatMap(({ installedFolder }) =>
  installedFolder ? [`${installedFolder}/`] : [],
);
// How the paths of companions end, in any ecosystem: one may pass by before the file that asks for it.
const companionEndings = ['-wal', '.md5sums', 'pyproject.toml', 'composer.json', 'REQUESTED', 'go.sum'];

// Raised whenever the same bytes would give another reading though no extractor changed.
const readingVersion = 3;

/** Which extractors there are and how they read; part of the key of every kept reading. */
export function extractorVersions(): string {
  const each = everyExtractor.map((extractor) => `${extractor.id}@${extractor.version}`);
  return [`reading@${readingVersion}`, ...each].join(' ');
}

export function createExtraction(
  limits: ScanLimits,
  options: { readonly installedOnly: boolean },
): Extraction {
  // What is asked about a wanted path is asked several times in turn.
  let lastPath: string | null = null;
  let lastReaders: readonly Extractor[] = [];
  const readersOf = (path: string): readonly Extractor[] => {
    if (path !== lastPath) {
      lastPath = path;
      lastReaders = index.of(path).filter((one) => !isPassedOver(one, path, options.installedOnly));
    }
    return lastReaders;
  };
  const files: ReadFile[] = [];
  const releases: { path: string; os: OsRelease }[] = [];
  const problems: Problem[] = [];
  // Files whose reader asked for companions, and everything that may be a companion.
  const waiting: { path: string; extractor: Extractor; bytes: Uint8Array; companions: readonly string[] }[] =
    [];
  const held = new Map<string, Uint8Array>();
  const taken = new Set<string>();
  const passedOver = new Set<string>();
  let heldBytes = 0;
  let packageCount = 0;

  // Keeps a copy: whoever hands over a file uses the memory again.
  function hold(path: string, bytes: Uint8Array): Uint8Array | null {
    if (heldBytes + bytes.length > limits.bufferedBytesMax) {
      const why = `holding it would pass ${limits.bufferedBytesMax} bytes of waiting files`;
      problems.push(problem('limit', path, why, 'bufferedBytesMax'));
      return null;
    }
    // A Buffer's own slice is a view and no copy.
    const copy = new Uint8Array(bytes);
    held.set(path, copy);
    heldBytes += copy.length;
    return copy;
  }

  function run(
    path: string,
    extractor: Extractor,
    bytes: Uint8Array,
    companions: ReadonlyMap<string, Uint8Array>,
  ): void {
    if (bytes.length > extractor.sizeMaxBytes) {
      const why = `${bytes.length} bytes, and ${extractor.id} reads at most ${extractor.sizeMaxBytes}`;
      problems.push(problem('limit', path, why, 'sizeMaxBytes'));
      return;
    }
    try {
      const result = extractor.extract({ path, bytes, companions, os: null });
      packageCount += result.packages.length;
      if (packageCount > limits.packagesMax) {
        problems.push(
          problem('limit', path, `more than ${limits.packagesMax} packages in one place`, 'packagesMax'),
        );
        return;
      }
      const owned = keepEvidencePaths(result.owned ?? []);
      if (result.packages.length + result.problems.length + owned.length === 0) return;
      const isDeclaration = extractor.isDeclaration?.(path) ?? false;
      const { packages, problems: own } = result;
      files.push({ path, extractor: extractor.id, isDeclaration, packages, problems: own, owned });
    } catch (error) {
      // An extractor promises not to throw; when one does, the rest of the resource is still worth reading.
      problems.push(problem('malformed', path, `${extractor.id} could not read it: ${reasonOf(error)}`));
    }
  }

  function isReadAlike(path: string, other: string): boolean {
    const those = readersOf(other);
    return readersOf(path).every((extractor) => those.includes(extractor));
  }

  return {
    wants(path) {
      return readersOf(path).length > 0 || releasePaths.has(path) || mayBeCompanion(path);
    },
    readsAlike(path, other) {
      if (releasePaths.has(path) || mayBeCompanion(path)) return false;
      return isReadAlike(path, other);
    },
    sizeMaxBytes(path) {
      let most = releasePaths.has(path) ? releaseBytesMax : 0;
      for (const { sizeMaxBytes } of readersOf(path)) most = Math.max(most, sizeMaxBytes);
      return most || limits.bufferedBytesMax;
    },
    looksRight(path, head, readAt) {
      if (releasePaths.has(path) || mayBeCompanion(path)) return true;
      const isRight = readersOf(path).some((extractor) => extractor.looksRight?.(head, readAt) ?? true);
      if (!isRight) passedOver.add(path);
      return isRight;
    },
    take(path, bytes) {
      taken.add(path);
      if (releasePaths.has(path) && bytes.length <= releaseBytesMax) {
        releases.push({ path, os: parseOsRelease(new TextDecoder().decode(bytes)) });
        return;
      }
      let kept: Uint8Array | null = null;
      const readers = readersOf(path);
      for (const extractor of readers) {
        const companions = extractor.companions?.(path) ?? [];
        if (companions.length === 0) {
          run(path, extractor, bytes, new Map());
          continue;
        }
        for (const companion of companions) {
          assert(mayBeCompanion(companion), `${extractor.id} asks for ${companion}, which nobody holds`);
        }
        kept ??= hold(path, bytes);
        if (kept) waiting.push({ path, extractor, bytes: kept, companions });
      }
      if (readers.length === 0 || mayBeCompanion(path)) kept ??= hold(path, bytes);
    },
    link(path, target) {
      // Whoever wants the one name has looked at the file under the other, and it was none of theirs.
      if (passedOver.has(target)) return isReadAlike(path, target);
      if (!taken.has(target)) return false;
      taken.add(path);
      for (const file of files.filter((item) => item.path === target)) files.push(renamed(file, path));
      for (const item of waiting.filter((one) => one.path === target)) {
        waiting.push({ ...item, path, companions: item.extractor.companions?.(path) ?? [] });
      }
      return true;
    },
    finish() {
      for (const { path, extractor, bytes, companions } of waiting) {
        const found = new Map<string, Uint8Array>();
        for (const companion of companions) {
          const content = held.get(companion);
          if (content) found.set(companion, content);
        }
        run(path, extractor, bytes, found);
      }
      waiting.length = 0;
      held.clear();
    },
    files,
    releases,
    problems,
  };
}

/** Links near the root are kept, since layers above write through them. */
export function rootLink(path: string, target: string): { path: string; to: string } | null {
  if (path.split('/').length > 2) return null;
  const to = resolveLink(path, target);
  return to === null || to === '' ? null : { path, to };
}

function renamed(file: ReadFile, path: string): ReadFile {
  const packages = file.packages.map((pkg) => ({
    ...pkg,
    evidence: pkg.evidence.map((item) => (item.path === file.path ? { ...item, path } : item)),
  }));
  return { ...file, path, packages };
}

// Lock files where only what is installed counts, and those that packages brought along.
function isPassedOver(extractor: Extractor, path: string, installedOnly: boolean): boolean {
  if (!extractor.isDeclaration?.(path)) return false;
  return installedOnly || installedFolders.some((folder) => path.includes(folder));
}

function mayBeCompanion(path: string): boolean {
  return companionEndings.some((ending) => path.endsWith(ending));
}

function keepEvidencePaths(owned: readonly OwnedFiles[]): OwnedFiles[] {
  const kept: OwnedFiles[] = [];
  for (const { name, paths } of owned) {
    const evidence = paths.filter((path) => languageIndex.of(path).length > 0);
    if (evidence.length > 0) kept.push({ name, paths: evidence });
  }
  return kept;
}
