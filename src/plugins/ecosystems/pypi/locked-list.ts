import type { Package, PackageScope } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, ExtractorFile } from '../contract.ts';
import { type JsonObject, listOf, objectOf, stringOf } from '../json-with-lines.ts';
import { commitVersion, isNameLike } from '../package-of.ts';
import { sibling } from '../read-text.ts';
import { parseToml } from '../read-toml.ts';
import { isPypiName, normalisePypi, pypiPackage } from './pypi-package.ts';
import { requestedNames } from './pyproject.ts';

/** What one kind of lock file says beyond name and version. */
export type LockedList = {
  /** The list of tables that hold the packages. */
  readonly key: 'package' | 'packages';
  scopeOf(entry: JsonObject, top: JsonObject): PackageScope | null;
  /** The commit of a package from version control. */
  commitOf(entry: JsonObject): string | null;
  /** Whether it lies in the project itself or in a folder beside it. */
  isLocal(entry: JsonObject): boolean;
};

/** The packages of a lock file in TOML, of which Python has several that list packages as tables. */
export function extractLockedList(file: ExtractorFile, list: LockedList): Extraction {
  const document = parseToml(file.bytes, file.path);
  if ('kind' in document) return { packages: [], problems: [document] };
  const lines = document.linesOfList(list.key);
  const requested = requestedNames(file.companions.get(sibling(file.path, 'pyproject.toml')));
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const [index, value] of listOf(document.top[list.key]).entries()) {
    const entry = objectOf(value);
    const line = lines[index] ?? null;
    const read =
      entry === null ? null : readEntry(entry, document.top, list, { path: file.path, line, requested });
    if (read !== null && read !== 'local') packages.push(read);
    else if (read === null)
      problems.push(
        problem('malformed', `${file.path}:${line ?? ''}`, 'This entry has no name or no version.'),
      );
  }
  return { packages, problems };
}

type Place = {
  readonly path: string;
  readonly line: number | null;
  readonly requested: ReadonlySet<string> | null;
};

function readEntry(
  entry: JsonObject,
  top: JsonObject,
  list: LockedList,
  place: Place,
): Package | 'local' | null {
  const name = stringOf(entry.name);
  const commit = list.commitOf(entry);
  const version = stringOf(entry.version) ?? (commit && commitVersion(commit));
  const isLocal = list.isLocal(entry);
  if (name === null || !isPypiName(name)) return null;
  if (!isNameLike(version)) return isLocal ? 'local' : null;
  const { path, line, requested } = place;
  const relation = requested === null ? null : requested.has(normalisePypi(name)) ? 'direct' : 'transitive';
  return pypiPackage({
    name,
    version,
    path,
    line,
    scope: list.scopeOf(entry, top),
    relation: isLocal ? 'direct' : relation,
    attributes: { commit, local: isLocal ? 'true' : null },
  });
}
