import type { Package, PackageScope } from '../../../model/package.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import {
  type Json,
  type JsonDocument,
  type JsonObject,
  listOf,
  objectOf,
  stringOf,
} from '../json-with-lines.ts';
import { isNameLike, packageOf } from '../package-of.ts';
import { readJsonObject } from '../read-json.ts';
import { baseName, hasName } from '../read-text.ts';

/**
 * The lock file of Conan: a graph of nodes in version 1, lists of references since version 2. A reference is
 * `name/version@user/channel#revision`.
 * Source: https://docs.conan.io/2/tutorial/versioning/lockfiles.html
 */
export const conanLock = {
  id: 'conan/conan-lock',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  names: ['conan.lock'],
  wants: (path) => hasName(path, 'conan.lock'),
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

/**
 * The same under a name of the user's own (`--lockfile-out=release.lock`): only the content tells it from the lock
 * files of other tools.
 */
export const conanOtherLock = {
  id: 'conan/other-lock',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  endings: ['.lock'],
  wants: (path) => path.endsWith('.lock') && !otherLocks.has(baseName(path)),
  looksRight: (head) => head[0] === openBrace,
  isDeclaration: () => true,
  extract: extractOther,
} satisfies Extractor;

const openBrace = 0x7b;

// Lock files of other tools that are JSON too, or large.
const otherLocks = new Set([
  'Cargo.lock',
  'Gemfile.lock',
  'Pipfile.lock',
  'Podfile.lock',
  'bun.lock',
  'composer.lock',
  'conan.lock',
  'deno.lock',
  'flake.lock',
  'mix.lock',
  'pdm.lock',
  'poetry.lock',
  'pubspec.lock',
  'uv.lock',
  'yarn.lock',
]);

const lists = [
  ['requires', 'runtime'],
  ['build_requires', 'dev'],
  ['python_requires', 'dev'],
] as const;

function extract(file: ExtractorFile): Extraction {
  const read = readJsonObject(file);
  return 'kind' in read ? { packages: [], problems: [read] } : readLock(read, file.path);
}

function extractOther(file: ExtractorFile): Extraction {
  const read = readJsonObject(file);
  if ('kind' in read || !isOfConan(read.top)) return { packages: [], problems: [] };
  return readLock(read, file.path);
}

type Lock = { readonly top: JsonObject; readonly document: JsonDocument };

function readLock(read: Lock, path: string): Extraction {
  const packages = new Map<string, Package>();
  const add = (reference: Json | undefined, scope: PackageScope | null, line: number | null) => {
    const found = readReference(stringOf(reference) ?? '', scope, path, line);
    if (found !== null && !packages.has(found.purl)) packages.set(found.purl, found);
  };
  const nodes = objectOf(objectOf(read.top.graph_lock)?.nodes) ?? {};
  for (const value of Object.values(nodes)) {
    const node = objectOf(value);
    // The project itself is a node too, with the place of its own file.
    if (node === null || 'path' in node) continue;
    const key = ['pref', 'ref'].find((name) => name in node) ?? 'ref';
    add(node[key], stringOf(node.context) === 'build' ? 'dev' : null, read.document.lineOf(node, key));
  }
  for (const [key, scope] of lists)
    for (const reference of listOf(read.top[key])) add(reference, scope, null);
  return { packages: [...packages.values()], problems: [] };
}

function isOfConan(top: JsonObject): boolean {
  return (
    objectOf(top.graph_lock) !== null || (Array.isArray(top.requires) && Array.isArray(top.python_requires))
  );
}

function readReference(
  reference: string,
  scope: PackageScope | null,
  path: string,
  line: number | null,
): Package | null {
  const [, name, version, user, channel] =
    /^([^/\s]{1,200})\/([^@#:%\s]{1,200})(?:@([^/#\s]{1,100})\/([^#:%\s]{1,100}))?/.exec(reference) ?? [];
  if (!isNameLike(name) || !isNameLike(version)) return null;
  const owner = user === undefined || user === '_' ? null : user;
  const qualifiers = { channel: owner === null ? null : (channel ?? null) };
  return packageOf({
    ecosystem: 'conan',
    namespace: owner,
    purlName: name,
    name,
    version,
    qualifiers,
    path,
    line,
    scope,
  });
}
