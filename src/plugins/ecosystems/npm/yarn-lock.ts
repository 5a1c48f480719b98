import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { type JsonDocument, type JsonObject, objectOf, stringOf } from '../json-with-lines.ts';
import { isNameLike } from '../package-of.ts';
import { baseName, shown, textOf } from '../read-text.ts';
import { parseYaml } from '../read-yaml.ts';
import { isNpmName, npmPackage } from './npm-package.ts';
import { parseYarnClassic } from './yarn-classic.ts';

/**
 * The lock file of Yarn: a form of its own in version 1, YAML since version 2. It tells neither what the project asks
 * for itself nor what is only for development.
 * Source: https://classic.yarnpkg.com/en/docs/yarn-lock and https://yarnpkg.com/configuration/manifest
 */
export const npmYarnLock = {
  id: 'npm/yarn-lock',
  version: 1,
  sizeMaxBytes: 32 * 1024 * 1024,
  names: ['yarn.lock'],
  wants: (path) => baseName(path) === 'yarn.lock',
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const text = textOf(file.bytes);
  if (/^__metadata:/m.test(text)) return extractBerry(file);
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const { specifiers, fields, line } of parseYarnClassic(text)) {
    const name = nameOfSpecifier(specifiers[0] ?? '');
    if (name === null) continue;
    const found = { name, version: fields.get('version'), line, resolved: fields.get('resolved') ?? null };
    add(found, file.path, packages, problems);
  }
  return { packages, problems };
}

function extractBerry(file: ExtractorFile): Extraction {
  const documents = parseYaml(file);
  if ('kind' in documents) return { packages: [], problems: [documents] };
  const document = documents[0];
  const top = objectOf(document?.value);
  if (document === undefined || top === null) {
    return { packages: [], problems: [problem('malformed', file.path, 'This is no lock file of Yarn.')] };
  }
  return extractEntries(file, top, document);
}

function extractEntries(file: ExtractorFile, top: JsonObject, document: JsonDocument): Extraction {
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const key of Object.keys(top)) {
    const entry = objectOf(top[key]);
    // Members of the workspace are linked softly.
    if (key === '__metadata' || entry === null || entry.linkType === 'soft') continue;
    const resolution = stringOf(entry.resolution);
    const name = nameOfSpecifier(resolution ?? key);
    if (name === null) continue;
    const version = stringOf(entry.version) ?? undefined;
    add(
      { name, version, line: document.lineOf(top, key), resolved: resolution },
      file.path,
      packages,
      problems,
    );
  }
  return { packages, problems };
}

type FoundEntry = {
  readonly name: string;
  readonly version: string | undefined;
  readonly line: number | null;
  readonly resolved: string | null;
};

function add(found: FoundEntry, path: string, packages: Package[], problems: Problem[]): void {
  const { name, version, line, resolved } = found;
  if (isNpmName(name) && isNameLike(version)) {
    packages.push(
      npmPackage({ name, version, path, line, attributes: { resolved, commit: commitOf(resolved) } }),
    );
  } else {
    problems.push(problem('malformed', `${path}:${line}`, `The entry ${shown(name)} has no version.`));
  }
}

function commitOf(resolved: string | null): string | null {
  if (resolved === null || !/git|\.git|github|gitlab|bitbucket/.test(resolved)) return null;
  return /#(?:commit[=:])?([0-9a-f]{7,64})$/.exec(resolved)?.[1] ?? null;
}

// `@scope/name@^1.0.0`; `other@npm:name@1.0` is the package behind the alias. Folders of the disk give null.
function nameOfSpecifier(specifier: string): string | null {
  const at = specifier.indexOf('@', 1);
  if (at < 0) return specifier;
  const range = specifier.slice(at + 1);
  if (/^(?:file|link|portal|workspace|virtual:[^#]*#workspace):/.test(range)) return null;
  return range.startsWith('npm:')
    ? (aliasOf(range.slice(4)) ?? specifier.slice(0, at))
    : specifier.slice(0, at);
}

// `name@1.0` and, of version 1 only, the bare `name`; anything that reads as a range is none.
function aliasOf(target: string): string | null {
  const at = target.indexOf('@', 1);
  if (at > 0) return target.slice(0, at);
  return /^(?:@[^/]+\/)?[A-Za-z][^\s^~<>=*|]*$/.test(target) && target !== 'latest' ? target : null;
}
