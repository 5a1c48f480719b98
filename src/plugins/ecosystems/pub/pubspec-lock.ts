import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { type JsonObject, objectOf, stringOf } from '../json-with-lines.ts';
import { isNameLike, packageOf } from '../package-of.ts';
import { hasName, shown } from '../read-text.ts';
import { parseYaml } from '../read-yaml.ts';

/**
 * The lock file of Dart's package manager.
 * Source: https://dart.dev/tools/pub/glossary#lockfile
 */
export const pubPubspecLock = {
  id: 'pub/pubspec-lock',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  names: ['pubspec.lock'],
  wants: (path) => hasName(path, 'pubspec.lock'),
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const documents = parseYaml(file);
  if ('kind' in documents) return { packages: [], problems: [documents] };
  const document = documents[0];
  const top = objectOf(document?.value);
  const entries = objectOf(top?.packages);
  if (document === undefined || top === null) {
    return { packages: [], problems: [problem('malformed', file.path, 'This is no lock file of pub.')] };
  }
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const name of Object.keys(entries ?? {})) {
    const entry = objectOf(entries?.[name]);
    const line = entries === null ? null : document.lineOf(entries, name);
    const version = stringOf(entry?.version);
    if (entry !== null && isNameLike(name) && isNameLike(version))
      packages.push(pubPackage(entry, { name, version, line, path: file.path }));
    else problems.push(problem('malformed', `${file.path}:${line}`, `${shown(name)} has no version.`));
  }
  return { packages, problems };
}

type Place = {
  readonly name: string;
  readonly version: string;
  readonly line: number | null;
  readonly path: string;
};

function pubPackage(entry: JsonObject, { name, version, line, path }: Place): Package {
  const use = stringOf(entry.dependency) ?? '';
  const source = stringOf(entry.source);
  return packageOf({
    ecosystem: 'pub',
    namespace: null,
    purlName: name,
    version,
    path,
    line,
    scope: use === 'direct dev' ? 'dev' : null,
    relation: use.startsWith('direct') ? 'direct' : use === 'transitive' ? 'transitive' : null,
    attributes: {
      source: source === 'hosted' ? null : source,
      commit: stringOf(objectOf(entry.description)?.['resolved-ref']),
      local: source === 'path' ? 'true' : null,
    },
  });
}
