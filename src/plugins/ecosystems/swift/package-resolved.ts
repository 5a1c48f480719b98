import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { type JsonObject, listOf, objectOf, stringOf } from '../json-with-lines.ts';
import { commitVersion, isNameLike, packageOf } from '../package-of.ts';
import { readJsonObject } from '../read-json.ts';
import { hasName } from '../read-text.ts';

/**
 * The pins of Swift's package manager: version 1 keeps them below `object`, later ones at the top. A package is named
 * by where its repository lies.
 * Source: https://docs.swift.org/swiftpm/documentation/packagemanagerdocs/
 */
export const swiftPackageResolved = {
  id: 'swift/package-resolved',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  names: ['Package.resolved'],
  wants: (path) => hasName(path, 'Package.resolved'),
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const read = readJsonObject(file);
  if ('kind' in read) return { packages: [], problems: [read] };
  const pins = listOf(read.top.pins ?? objectOf(read.top.object)?.pins);
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const value of pins) {
    const pin = objectOf(value);
    const line = pin === null ? null : read.document.lineOf(pin, 'identity' in pin ? 'identity' : 'package');
    const found = pin === null ? null : readPin(pin, file.path, line);
    if (found === null)
      problems.push(
        problem('malformed', `${file.path}:${line ?? ''}`, 'This pin has no place or no version.'),
      );
    else packages.push(found);
  }
  return { packages, problems };
}

function readPin(pin: JsonObject, path: string, line: number | null): Package | null {
  const state = objectOf(pin.state);
  const commit = stringOf(state?.revision);
  const version = stringOf(state?.version) ?? (commit && commitVersion(commit));
  const name = repositoryOf(
    stringOf(pin.location) ?? stringOf(pin.repositoryURL) ?? stringOf(pin.identity) ?? '',
  );
  if (!isNameLike(name) || !isNameLike(version)) return null;
  const slash = name.lastIndexOf('/');
  return packageOf({
    ecosystem: 'swift',
    namespace: slash < 0 ? null : name.slice(0, slash),
    purlName: name.slice(slash + 1),
    name,
    version,
    path,
    line,
    attributes: { commit },
  });
}

// `https://github.com/apple/swift-nio.git` and `git@github.com:apple/swift-nio` are github.com/apple/swift-nio.
function repositoryOf(location: string): string {
  return location
    .replace(/^(?:https?|ssh|git):\/\/(?:[^/@]{0,100}@)?/, '')
    .replace(/^git@([^:/]{1,200}):/, '$1/')
    .replace(/\.git$/, '');
}
