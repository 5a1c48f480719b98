import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { type Executable, maybeProgram, readExecutable } from '../executable.ts';
import { mayHaveSection } from '../executable-probe.ts';
import { isNameLike } from '../package-of.ts';
import { linesOf, shown } from '../read-text.ts';
import { readBuildInfo } from './build-info.ts';
import { golangPackage, isModulePath, standardLibraryVersion } from './golang-package.ts';

/**
 * Programs built by Go, which carry the list of their modules.
 * Source: https://pkg.go.dev/debug/buildinfo
 */
export const golangBinary = {
  id: 'golang/binary',
  version: 1,
  sizeMaxBytes: 1024 * 1024 * 1024,
  wants: maybeProgram,
  looksRight: (head, readAt) => mayHaveSection(head, readAt, [infoSection]),
  extract,
} satisfies Extractor;

const infoSection = '.go.buildinfo';

function extract(file: ExtractorFile): Extraction {
  const executable = readExecutable(file.bytes);
  const info = executable === null || !mayBeGo(executable) ? null : readBuildInfo(file.bytes, executable);
  if (info === null) return { packages: [], problems: [] };
  const packages: Package[] = [];
  const problems: Problem[] = [];
  const library = standardLibraryVersion(info.release);
  if (library === null) {
    problems.push(
      problem(
        'not-assessed',
        file.path,
        `Its Go release ${shown(info.release)} is none that advisories name.`,
      ),
    );
  } else {
    packages.push(golangPackage({ module: 'stdlib', version: library, path: file.path }));
  }
  readModules(info.modules, file.path, packages, problems);
  return { packages, problems };
}

// Go gives its information a section of its own; only a program whose table of sections was taken away is searched.
function mayBeGo({ format, sections }: Executable): boolean {
  return format !== 'elf' || sections.length === 0 || sections.some(({ name }) => name === infoSection);
}

type Module = { readonly kind: 'mod' | 'dep' | '=>'; readonly path: string; readonly version: string };

// Modules from folders and main modules that were not stamped have no version; a program may hold dozens of them.
function readModules(text: string, path: string, packages: Package[], problems: Problem[]): void {
  const modules = linesOf(text).map(parseLine);
  const unknown: string[] = [];
  for (const [index, module] of modules.entries()) {
    if (module === null || module.kind === '=>') continue;
    const next = modules[index + 1];
    const used = next?.kind === '=>' ? next : module;
    if (!isModulePath(used.path) || !/^v\d/.test(used.version) || !isNameLike(used.version)) {
      unknown.push(module.path);
      continue;
    }
    const replaces = used === module ? null : `${module.path} ${module.version}`;
    packages.push(
      golangPackage({ module: used.path, version: used.version, path, attributes: { replaces } }),
    );
  }
  if (unknown.length === 0) return;
  const why = `The versions of ${unknown.length} of its modules were not recorded: ${shown(unknown.join(', '))}`;
  problems.push(problem('not-assessed', path, why));
}

// `dep\tgolang.org/x/net\tv0.1.0\th1:…`; the line of a replacement follows the one that it replaces.
function parseLine(line: string): Module | null {
  const [kind, path = '', version = ''] = line.split('\t');
  return kind === 'mod' || kind === 'dep' || kind === '=>' ? { kind, path, version } : null;
}
