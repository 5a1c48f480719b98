import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { type JsonObject, listOf, objectOf, stringOf } from '../json-with-lines.ts';
import { isNameLike } from '../package-of.ts';
import { readJsonFast } from '../read-json.ts';
import { isNpmName, npmPackage } from './npm-package.ts';

/**
 * The manifest of an installed package: only right below `node_modules` (or where Debian puts its modules), as
 * packages carry further manifests inside that name nothing.
 * Source: https://docs.npmjs.com/cli/configuring-npm/package-json
 */
export const npmPackageJson = {
  id: 'npm/package-json',
  version: 1,
  sizeMaxBytes: 4 * 1024 * 1024,
  names: ['package.json'],
  wants,
  extract,
} satisfies Extractor;

const name = '/package.json';
const roots = ['node_modules/', 'usr/share/nodejs/'];

function wants(path: string): boolean {
  if (!path.endsWith(name)) return false;
  for (const root of roots) {
    const at = path.lastIndexOf(root);
    if (at < 0 || (at > 0 && path.charAt(at - 1) !== '/')) continue;
    const inside = path.slice(at + root.length, -name.length);
    const slashes = inside.split('/').length - 1;
    if (inside !== '' && slashes === (inside.startsWith('@') ? 1 : 0)) return true;
  }
  return false;
}

function extract(file: ExtractorFile): Extraction {
  const read = readJsonFast(file.bytes, file.path);
  return 'kind' in read ? { packages: [], problems: [read] } : readManifest(file, read.top);
}

function readManifest(file: ExtractorFile, top: JsonObject): Extraction {
  // Extensions of editors and packages of game engines use the same file for another registry.
  if (isOfAnotherRegistry(top)) return { packages: [], problems: [] };
  const packageName = stringOf(top.name);
  const version = stringOf(top.version);
  if (packageName === null || !isNpmName(packageName) || !isNameLike(version)) {
    return {
      packages: [],
      problems: [problem('not-assessed', file.path, 'The manifest has no name or no version.')],
    };
  }
  const found = npmPackage({ name: packageName, version, path: file.path, licences: licencesOf(top) });
  return { packages: [found], problems: [] };
}

function isOfAnotherRegistry(top: JsonObject): boolean {
  const engines = objectOf(top.engines);
  return (engines !== null && 'vscode' in engines) || 'contributes' in top || 'unity' in top;
}

// `license: "MIT"`, and older forms with an object or a list of them.
function licencesOf(top: JsonObject): readonly string[] {
  const candidates = [top.license, ...listOf(top.licenses)];
  return candidates
    .map((candidate) => stringOf(candidate) ?? stringOf(objectOf(candidate)?.type))
    .filter((licence) => licence !== null && licence !== '') as readonly string[];
}
