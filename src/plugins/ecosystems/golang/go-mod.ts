import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { hasName, shown, sibling, textOf } from '../read-text.ts';
import { type GoMod, parseGoMod, type Requirement } from './go-mod-syntax.ts';
import { sumsOf } from './go-sum.ts';
import { golangPackage, isModulePath, standardLibraryVersion } from './golang-package.ts';

/**
 * The file of a Go module. Before Go 1.17 it left out what only dependencies need; then the sums beside it are asked.
 * Those of the module cache and of vendored modules say what others once asked for, and are passed over.
 * Source: https://go.dev/ref/mod#go-mod-file
 */
export const golangGoMod = {
  id: 'golang/go-mod',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  names: ['go.mod'],
  wants: (path) => hasName(path, 'go.mod') && !/(?:^|\/)(?:pkg\/mod|vendor)\//.test(path),
  isDeclaration: () => true,
  companions: (path) => [sibling(path, 'go.sum')],
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const parsed = parseGoMod(textOf(file.bytes));
  const packages: Package[] = [];
  const problems: Problem[] = parsed.brokenLines.map((line) =>
    problem('malformed', `${file.path}:${line}`, 'This line is none of a go.mod file.'),
  );
  for (const requirement of parsed.requirements) {
    const read = readRequirement(requirement, parsed, file.path);
    if ('purl' in read) packages.push(read);
    else problems.push(read);
  }
  packages.push(...standardLibrary(parsed, file.path), ...fromSums(file, parsed, packages));
  return { packages, problems };
}

function readRequirement(requirement: Requirement, parsed: GoMod, path: string): Package | Problem {
  const replacement =
    parsed.replacements.get(`${requirement.module} ${requirement.version}`) ??
    parsed.replacements.get(requirement.module);
  const used = replacement ?? requirement;
  const where = `${path}:${requirement.line}`;
  if (!isModulePath(used.module) || !/^v\d/.test(used.version)) {
    return problem(
      'not-assessed',
      where,
      `Module ${shown(requirement.module)} is taken from a folder, whose version is not told.`,
    );
  }
  return golangPackage({
    module: used.module,
    version: used.version,
    path,
    line: requirement.line,
    relation: requirement.isIndirect ? 'transitive' : 'direct',
    attributes: {
      replaces: replacement === undefined ? null : `${requirement.module} ${requirement.version}`,
    },
  });
}

// The toolchain that the module asks for at least. A bare `go 1.17` only names the language.
function standardLibrary(parsed: GoMod, path: string): readonly Package[] {
  const { toolchain, go } = parsed;
  const asked = toolchain ?? (go !== null && /^1\.\d+\.\d+/.test(go.version) ? go : null);
  const version = asked === null ? null : standardLibraryVersion(asked.version);
  if (asked === null || version === null) return [];
  return [
    golangPackage({
      module: 'stdlib',
      version,
      path,
      line: asked.line,
      relation: 'direct',
      attributes: { minimum: 'true' },
    }),
  ];
}

function fromSums(file: ExtractorFile, parsed: GoMod, known: readonly Package[]): readonly Package[] {
  const place = sibling(file.path, 'go.sum');
  const bytes = file.companions.get(place);
  const minor = Number(/^1\.(\d+)/.exec(parsed.go?.version ?? '')?.[1] ?? '0');
  if (bytes === undefined || minor >= 17) return [];
  const names = new Set([
    ...known.map((pkg) => pkg.name),
    ...parsed.requirements.map(({ module }) => module),
  ]);
  return sumsOf(textOf(bytes))
    .filter((sum) => !names.has(sum.module))
    .map((sum) => golangPackage({ ...sum, path: place, relation: 'transitive' }));
}
