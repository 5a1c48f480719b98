import type { Package } from '../../model/package.ts';
import type { Problem } from '../../model/problem.ts';

/** A family of packages, named by its purl type, and the files that list them. */
export type Ecosystem = {
  /** The purl type and the folder's name: `deb`, `npm`. */
  readonly id: string;
  /** Version scheme id. */
  readonly scheme: string;
  /** Whether a distribution's package manager installs them (deb, rpm, apk), so that they own files. */
  readonly isSystem: boolean;
  /** Specifications that the extractors follow. */
  readonly sources: readonly string[];
  /** The name under which intelligence keeps a package of this ecosystem: PEP 503 for pypi, else the name itself. */
  normaliseName(name: string): string;
  /**
   * The stream of advisories that speaks of a package of that name, where it is not the one named after the ecosystem:
   * some programs are judged by a source of another name, and others by none.
   */
  streamOf?(name: string): string;
  readonly extractors: readonly Extractor[];
  /**
   * The folder beside a project's lock file that its packages are installed into (`node_modules`). Where it is there,
   * it tells what is installed, and the lock file only what was asked for; lock files inside it are other people's.
   */
  readonly installedFolder?: string;
};

/**
 * Reads one kind of file. It opens nothing itself: the collector hands it bytes and enforces the limits.
 * Whatever the bytes are it returns problems and never throws, in time linear in their length.
 */
export type Extractor = {
  /** `<ecosystem>/<format>`: `deb/status`, `npm/package-lock`. */
  readonly id: string;
  /** Raised whenever the same bytes would give another result; part of the cache key. */
  readonly version: number;
  /** Largest file that is read, in bytes; larger ones become a problem `limit`. */
  readonly sizeMaxBytes: number;
  /**
   * What tells a path quickly: it is only wanted when its last part is one of `names` or ends in one of `endings`
   * (each with a point in front). Where neither is given, `wants` is asked of every path.
   */
  readonly names?: readonly string[];
  readonly endings?: readonly string[];
  /** Runs on every path of a tree (root-relative, `/` between, none in front): plain string tests only. */
  wants(path: string): boolean;
  /**
   * Looks at the first bytes (up to 16), so that a file whose name tells little need not be read whole. `readAt` is
   * null where the file passes by as a stream.
   */
  looksRight?(head: Uint8Array, readAt: ReadAt | null): boolean;
  /** Whether the file says what a project asks for (a lock file) and not what is installed. Default: installed. */
  isDeclaration?(path: string): boolean;
  /** Other files of the same folder tree that this one needs, root-relative; those that exist are handed over. */
  companions?(path: string): readonly string[];
  extract(file: ExtractorFile): Extraction;
};

/** Reads a part of a file; shorter than asked for at its end. */
export type ReadAt = (offset: number, length: number) => Uint8Array;

export type ExtractorFile = {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Companion path to its bytes, for those that exist. */
  readonly companions: ReadonlyMap<string, Uint8Array>;
  /** Where the tree has an os-release: fills distro qualifiers and namespaces of system purls. */
  readonly os: { readonly id: string; readonly versionId: string | null } | null;
};

export type Extraction = {
  readonly packages: readonly Package[];
  readonly problems: readonly Problem[];
  /** Files that a system package owns (root-relative), for the overlap rule. Optional: only what the file tells. */
  readonly owned?: readonly OwnedFiles[];
};

export type OwnedFiles = {
  /** Binary package name. */
  readonly name: string;
  readonly paths: readonly string[];
};
