import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { type Json, type JsonObject, listOf, objectOf, parseJson, stringOf } from '../json-with-lines.ts';
import { commitVersion, isNameLike } from '../package-of.ts';
import { baseName, shown, textOf } from '../read-text.ts';
import { isNpmName, npmPackage } from './npm-package.ts';

/**
 * The lock file of Bun: JSON with comments; each package is a list that begins with `name@version`.
 * Source: https://bun.sh/docs/install/lockfile
 */
export const npmBunLock = {
  id: 'npm/bun-lock',
  version: 1,
  sizeMaxBytes: 32 * 1024 * 1024,
  names: ['bun.lock'],
  wants: (path) => baseName(path) === 'bun.lock',
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

/** Its older binary form, of which there is no description to read it by. */
export const npmBunLockBinary = {
  id: 'npm/bun-lockb',
  version: 1,
  sizeMaxBytes: 32 * 1024 * 1024,
  names: ['bun.lockb'],
  wants: (path) => baseName(path) === 'bun.lockb',
  isDeclaration: () => true,
  extract: (file) => ({
    packages: [],
    problems: [
      problem(
        'unsupported',
        file.path,
        'The binary lock file of Bun is not read; `bun install --save-text-lockfile` writes one that is.',
      ),
    ],
  }),
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const document = parseJson(textOf(file.bytes), file.path, { allowComments: true });
  if ('kind' in document) return { packages: [], problems: [document] };
  const top = objectOf(document.value);
  const entries = objectOf(top?.packages);
  if (top === null)
    return { packages: [], problems: [problem('malformed', file.path, 'The document is no object.')] };
  const workspaces = objectOf(top.workspaces) ?? {};
  const direct = directNames(workspaces);
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const key of Object.keys(entries ?? {})) {
    const line = entries === null ? null : document.lineOf(entries, key);
    const read = readEntry(listOf(entries?.[key])[0], workspaces, direct.has(key), file.path, line);
    if (read === null)
      problems.push(
        problem('malformed', `${file.path}:${line}`, `The entry ${shown(key)} names no package and version.`),
      );
    else if (read !== 'local') packages.push(read);
  }
  return { packages, problems };
}

function readEntry(
  value: Json | undefined,
  workspaces: JsonObject,
  isDirect: boolean,
  path: string,
  line: number | null,
): Package | 'local' | null {
  const id = stringOf(value) ?? '';
  const at = id.indexOf('@', 1);
  const name = id.slice(0, Math.max(0, at));
  const written = id.slice(at + 1);
  if (!isNpmName(name) || written === '') return null;
  if (/^(?:file|link):/.test(written)) return 'local';
  const workspace = /^workspace:(.*)$/.exec(written)?.[1] ?? null;
  const member = workspace === null ? null : stringOf(objectOf(workspaces[workspace])?.version);
  if (workspace !== null && member === null) return 'local';
  const commit = /[#+]([0-9a-f]{7,64})$/.exec(written)?.[1] ?? null;
  const version = member ?? (/^\d/.test(written) ? written : commit && commitVersion(commit));
  if (!isNameLike(version)) return null;
  const relation = isDirect || workspace !== null ? 'direct' : 'transitive';
  return npmPackage({
    name,
    version,
    path,
    line,
    relation,
    attributes: { commit: version === written ? null : commit, local: workspace },
  });
}

function directNames(workspaces: JsonObject): ReadonlySet<string> {
  const fields = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
  const members = Object.values(workspaces).map((member) => objectOf(member));
  return new Set(
    members.flatMap((member) => fields.flatMap((field) => Object.keys(objectOf(member?.[field]) ?? {}))),
  );
}
