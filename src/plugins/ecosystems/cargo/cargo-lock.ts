import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { type JsonObject, listOf, objectOf, stringOf } from '../json-with-lines.ts';
import { isNameLike } from '../package-of.ts';
import { hasName } from '../read-text.ts';
import { parseToml } from '../read-toml.ts';
import { cargoPackage } from './cargo-package.ts';

/**
 * The lock file of Cargo.
 * Source: https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html
 */
export const cargoLock = {
  id: 'cargo/cargo-lock',
  version: 1,
  sizeMaxBytes: 16 * 1024 * 1024,
  names: ['Cargo.lock'],
  wants: (path) => hasName(path, 'Cargo.lock'),
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const document = parseToml(file.bytes, file.path);
  if ('kind' in document) return { packages: [], problems: [document] };
  const entries = listOf(document.top.package).map((entry) => objectOf(entry));
  const lines = document.linesOfList('package');
  const direct = directNames(entries);
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const [index, entry] of entries.entries()) {
    const name = stringOf(entry?.name);
    const version = stringOf(entry?.version);
    const line = lines[index] ?? null;
    if (!isNameLike(name) || !isNameLike(version)) {
      problems.push(
        problem('malformed', `${file.path}:${line ?? ''}`, 'This entry has no name or no version.'),
      );
      continue;
    }
    const source = stringOf(entry?.source);
    const relation =
      source === null || direct.has(name) || direct.has(`${name} ${version}`) ? 'direct' : 'transitive';
    const attributes = {
      source,
      checksum: stringOf(entry?.checksum),
      local: source === null ? 'true' : null,
    };
    packages.push(cargoPackage({ name, version, path: file.path, line, relation, attributes }));
  }
  return { packages, problems };
}

// Members of the workspace have no source; what they name is direct: `name`, or `name version` where several exist.
function directNames(entries: readonly (JsonObject | null)[]): ReadonlySet<string> {
  const members = entries.filter((entry) => entry !== null && stringOf(entry.source) === null);
  const names = members.flatMap((member) => listOf(member?.dependencies).map((name) => stringOf(name) ?? ''));
  return new Set(names.map((name) => name.replace(/ \(.*$/, '')));
}
