import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { type JsonDocument, type JsonObject, objectOf, stringOf } from '../json-with-lines.ts';
import { isNameLike } from '../package-of.ts';
import { readJsonObject } from '../read-json.ts';
import { baseName, shown } from '../read-text.ts';
import { lockfileChains } from './lockfile-chains.ts';
import { isNpmName, npmPackage } from './npm-package.ts';
import { extractOldLock, scopeOf } from './package-lock-v1.ts';

/**
 * The lock file of npm, also under its publishable name and as the record of what is installed. Version 1 nests
 * dependencies; versions 2 and 3 list the folders of the tree.
 * Source: https://docs.npmjs.com/cli/configuring-npm/package-lock-json
 */
export const npmPackageLock = {
  id: 'npm/package-lock',
  version: 1,
  sizeMaxBytes: 64 * 1024 * 1024,
  names: ['package-lock.json', 'npm-shrinkwrap.json', '.package-lock.json'],
  wants: (path) =>
    ['package-lock.json', 'npm-shrinkwrap.json', '.package-lock.json'].includes(baseName(path)),
  // npm writes the hidden one into node_modules itself, from what it installed.
  isDeclaration: (path) => baseName(path) !== '.package-lock.json',
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const read = readJsonObject(file);
  if ('kind' in read) return { packages: [], problems: [read] };
  const folders = objectOf(read.top.packages);
  if (folders !== null) return extractFolders(file, folders, read.document);
  if (objectOf(read.top.dependencies) !== null) return extractOldLock(file, read.top, read.document);
  // A project without dependencies has neither.
  if ('lockfileVersion' in read.top || 'name' in read.top) return { packages: [], problems: [] };
  return { packages: [], problems: [problem('malformed', file.path, 'This is no lock file of npm.')] };
}

function extractFolders(file: ExtractorFile, folders: JsonObject, document: JsonDocument): Extraction {
  const packages: Package[] = [];
  const problems: Problem[] = [];
  const chains = lockfileChains(folders);
  const linked = namesOfLinks(folders);
  for (const folder of Object.keys(folders)) {
    const entry = objectOf(folders[folder]);
    // The root is the project itself, and a link only points to a folder that is listed too.
    if (entry === null || folder === '' || entry.link === true) continue;
    const isInstalled = isInstalledFolder(folder);
    const name =
      stringOf(entry.name) ?? linked.get(folder) ?? (isInstalled ? nameOfFolder(folder) : baseName(folder));
    const version = stringOf(entry.version);
    const line = document.lineOf(folders, folder);
    if (isNpmName(name) && isNameLike(version)) {
      const relation = isInstalled ? chains.relationOf(folder) : 'direct';
      packages.push(
        folderPackage({ file, folder, entry, name, version, line, relation, chain: chains.chainOf(folder) }),
      );
    } else if (isInstalled) {
      problems.push(problem('not-assessed', `${file.path}:${line}`, `${shown(folder)} has no version.`));
    }
  }
  return { packages, problems };
}

type FolderFound = {
  readonly file: ExtractorFile;
  readonly folder: string;
  readonly entry: JsonObject;
  readonly name: string;
  readonly version: string;
  readonly line: number | null;
  readonly relation: 'direct' | 'transitive' | null;
  readonly chain: readonly string[];
};

function folderPackage({ file, folder, entry, name, version, line, relation, chain }: FolderFound): Package {
  const licence = stringOf(entry.license);
  return npmPackage({
    name,
    version,
    path: file.path,
    line,
    scope: scopeOf(entry),
    relation,
    introducedBy: chain,
    licences: licence === null ? [] : [licence],
    attributes: {
      integrity: stringOf(entry.integrity),
      resolved: stringOf(entry.resolved),
      // Members of a workspace and vendored copies lie in the project, not in the registry.
      local: isInstalledFolder(folder) ? null : folder,
    },
  });
}

// Folders of the project are known to it under the name of the link that leads to them.
function namesOfLinks(folders: JsonObject): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const folder of Object.keys(folders)) {
    const entry = objectOf(folders[folder]);
    const target = stringOf(entry?.resolved);
    if (entry?.link === true && target !== null) names.set(target, nameOfFolder(folder));
  }
  return names;
}

/** Whether a folder of the tree was put there by npm. */
export function isInstalledFolder(folder: string): boolean {
  return folder.startsWith('node_modules/') || folder.includes('/node_modules/');
}

/** The package name at the end of a folder: `@scope/name` of `a/node_modules/@scope/name`. */
export function nameOfFolder(folder: string): string {
  const marker = 'node_modules/';
  return folder.slice(folder.lastIndexOf(marker) + marker.length);
}
