import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { linesOf, shown, textOf } from '../read-text.ts';
import { golangPackage, standardLibraryVersion } from './golang-package.ts';

/**
 * The release of an installed Go toolchain. Its advisories speak of two modules: the standard library, and the
 * commands as `toolchain`.
 * Source: https://go.dev/doc/security/vuln/database
 */
export const golangToolchain = {
  id: 'golang/toolchain',
  version: 1,
  sizeMaxBytes: 4096,
  names: ['VERSION'],
  wants: (path) => path.endsWith('/VERSION') && isGoFolder(path),
  extract,
} satisfies Extractor;

// `usr/local/go`, `root/sdk/go1.21.5`, and where the go command keeps toolchains that modules asked for.
function isGoFolder(path: string): boolean {
  const folder = path.split('/').at(-2) ?? '';
  return /^go(?:-?\d|$)/.test(folder) || folder.startsWith('toolchain@');
}

function extract(file: ExtractorFile): Extraction {
  const release = linesOf(textOf(file.bytes))[0]?.trim() ?? '';
  // Other programs have such a folder too.
  if (!release.startsWith('go1')) return { packages: [], problems: [] };
  const version = standardLibraryVersion(release);
  if (version === null) {
    const why = `Its Go release ${shown(release)} is none that advisories name.`;
    return { packages: [], problems: [problem('not-assessed', file.path, why)] };
  }
  return {
    packages: ['stdlib', 'toolchain'].map((module) =>
      golangPackage({ module, version, path: file.path, line: 1 }),
    ),
    problems: [],
  };
}
