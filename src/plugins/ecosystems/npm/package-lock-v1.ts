import type { Package, PackageScope } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, ExtractorFile } from '../contract.ts';
import { type JsonDocument, type JsonObject, objectOf, stringOf } from '../json-with-lines.ts';
import { isNameLike } from '../package-of.ts';
import { shown } from '../read-text.ts';
import { isNpmName, npmPackage, resolvedVersion } from './npm-package.ts';

/** The packages of a lock file of version 1, whose dependencies nest as the folders on the disk do. */
export function extractOldLock(file: ExtractorFile, top: JsonObject, document: JsonDocument): Extraction {
  const packages: Package[] = [];
  const problems: Problem[] = [];
  // The depth is bounded by the parser.
  const visit = (level: JsonObject) => {
    for (const key of Object.keys(level)) {
      const entry = objectOf(level[key]);
      if (entry === null) continue;
      const line = document.lineOf(level, key);
      const read = readEntry(key, entry, file.path, line);
      if (read !== null && 'purl' in read) packages.push(read);
      else if (read !== null) problems.push(read);
      const inner = objectOf(entry.dependencies);
      if (inner !== null) visit(inner);
    }
  };
  const first = objectOf(top.dependencies);
  if (first !== null) visit(first);
  return { packages, problems };
}

function readEntry(
  key: string,
  entry: JsonObject,
  path: string,
  line: number | null,
): Package | Problem | null {
  const written = stringOf(entry.version);
  // `npm:other@1.0` is another package under this name.
  const alias = /^npm:(.+)@([^@]+)$/.exec(written ?? '');
  const name = alias?.[1] ?? key;
  if (!isNpmName(name) || written === null) {
    return problem('not-assessed', `${path}:${line}`, `${shown(key)} has no version.`);
  }
  const version = resolvedVersion(alias?.[2] ?? tarballVersion(name, written) ?? written);
  if (version === null) return null;
  if (!isNameLike(version)) return problem('malformed', `${path}:${line}`, `The version of ${name} is none.`);
  return npmPackage({
    name,
    version,
    path,
    line,
    scope: scopeOf(entry),
    attributes: {
      integrity: stringOf(entry.integrity),
      resolved: stringOf(entry.resolved) ?? sourceOf(written),
    },
  });
}

// Addresses of tarballs carry the version in the file's name.
function tarballVersion(name: string, written: string): string | null {
  if (!/^https?:\/\//.test(written)) return null;
  const file = written.slice(written.lastIndexOf('/') + 1);
  const bare = name.slice(name.indexOf('/') + 1);
  const found = file.startsWith(`${bare}-`)
    ? /^(\d[^/?#]*?)\.(?:tgz|tar\.gz)/.exec(file.slice(bare.length + 1))
    : null;
  return found?.[1] ?? null;
}

function sourceOf(written: string): string | null {
  return /^[a-z+]+:/.test(written) ? written : null;
}

/** What a package is installed for. Of one that is both for development or optional the wider use counts. */
export function scopeOf(entry: JsonObject): PackageScope {
  if (entry.dev === true) return 'dev';
  return entry.optional === true || entry.devOptional === true ? 'optional' : 'runtime';
}
