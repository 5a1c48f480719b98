import type { Package } from '../../../model/package.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { hasName, linesOf, textOf } from '../read-text.ts';
import { hackagePackage } from './hackage-package.ts';

/**
 * The constraints that Cabal froze: `any.name ==version`, one on each line. Lines that set flags pin nothing.
 * Source: https://cabal.readthedocs.io/en/stable/cabal-commands.html#cabal-freeze
 */
export const hackageCabalFreeze = {
  id: 'hackage/cabal-freeze',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  names: ['cabal.project.freeze'],
  wants: (path) => hasName(path, 'cabal.project.freeze'),
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const packages: Package[] = [];
  for (const [index, line] of linesOf(textOf(file.bytes)).entries()) {
    const found = /^(?:constraints:)?\s*any\.([A-Za-z0-9-]{1,200}) ==([0-9.]{1,100}),?\s*$/.exec(line);
    const [, name, version] = found ?? [];
    if (name !== undefined && version !== undefined)
      packages.push(hackagePackage(name, version, file.path, index + 1));
  }
  return { packages, problems: [] };
}
