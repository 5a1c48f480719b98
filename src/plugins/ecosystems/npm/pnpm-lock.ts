import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { type JsonDocument, type JsonObject, objectOf, stringOf } from '../json-with-lines.ts';
import { isNameLike } from '../package-of.ts';
import { baseName, shown } from '../read-text.ts';
import { isTrue, parseYaml } from '../read-yaml.ts';
import { isNpmName, npmPackage } from './npm-package.ts';
import { coordinatesOf, type PnpmCoordinates } from './pnpm-paths.ts';
import { type PnpmUse, pnpmUse } from './pnpm-use.ts';

/**
 * The lock file of pnpm, in the versions 5 to 9.
 * Source: https://github.com/pnpm/spec/tree/master/lockfile
 */
export const npmPnpmLock = {
  id: 'npm/pnpm-lock',
  version: 1,
  sizeMaxBytes: 32 * 1024 * 1024,
  names: ['pnpm-lock.yaml'],
  wants: (path) => baseName(path) === 'pnpm-lock.yaml',
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const documents = parseYaml(file);
  if ('kind' in documents) return { packages: [], problems: [documents] };
  // Where there are several documents, those in front describe the package manager itself.
  const document = documents.at(-1);
  const top = objectOf(document?.value);
  if (document === undefined || top === null) {
    const isEmpty = documents.length === 0 || document?.value === null || document?.value === '';
    return {
      packages: [],
      problems: isEmpty ? [] : [problem('malformed', file.path, 'This is no lock file of pnpm.')],
    };
  }
  return extractTop(file, top, document);
}

function extractTop(file: ExtractorFile, top: JsonObject, document: JsonDocument): Extraction {
  const version = Number.parseFloat(stringOf(top.lockfileVersion) ?? '0');
  const entries = objectOf(top.packages);
  const use = pnpmUse(top, version);
  const found = new Map<string, Package>();
  const problems: Problem[] = [];
  for (const path of Object.keys(entries ?? {})) {
    const entry = objectOf(entries?.[path]) ?? {};
    const line = entries === null ? null : document.lineOf(entries, path);
    const coordinates = coordinatesOf(path, entry, version);
    if (coordinates === null || !isNpmName(coordinates.name) || !isNameLike(coordinates.version)) {
      problems.push(
        problem('malformed', `${file.path}:${line}`, `The path ${shown(path)} names no package and version.`),
      );
      continue;
    }
    const pkg = pnpmPackage({ file, path, line, entry, coordinates, use });
    // The same version with other peers is the same package; the wider use counts.
    const known = found.get(pkg.purl);
    if (known === undefined || (known.scope === 'dev' && pkg.scope !== 'dev')) found.set(pkg.purl, pkg);
  }
  return { packages: [...found.values()], problems };
}

type Entry = {
  readonly file: ExtractorFile;
  readonly path: string;
  readonly line: number | null;
  readonly entry: JsonObject;
  readonly coordinates: PnpmCoordinates;
  readonly use: PnpmUse;
};

function pnpmPackage({ file, path, line, entry, coordinates, use }: Entry): Package {
  const { name, version, commit } = coordinates;
  const resolution = objectOf(entry.resolution);
  const keys = [`${name}@${version}`, path];
  const isOnlyDev = isTrue(entry.dev) || keys.some((key) => use.isOnlyDev(key));
  return npmPackage({
    name,
    version,
    path: file.path,
    line,
    scope: isOnlyDev ? 'dev' : isTrue(entry.optional) ? 'optional' : 'runtime',
    relation: keys.some((key) => use.isDirect(key)) ? 'direct' : 'transitive',
    attributes: {
      integrity: stringOf(resolution?.integrity),
      commit,
      local: resolution?.type === 'directory' ? stringOf(resolution.directory) : null,
    },
  });
}
