import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { isNameLike } from '../package-of.ts';
import { linesOf, textOf } from '../read-text.ts';
import { type RpmFacts, rpmPackage } from './package.ts';

/**
 * The list that images of Azure Linux without a package manager keep instead of a database: one package on each
 * line, parted by tabs (name, version-release, times, vendor, …, architecture, epoch, source).
 * Source: https://github.com/microsoft/azurelinux/blob/3.0/toolkit/docs/formats/containermanifest.md
 */
export const rpmManifest = {
  id: 'rpm/manifest',
  version: 1,
  sizeMaxBytes: 16 * 1024 * 1024,
  names: ['container-manifest-2'],
  wants: (path) => path === 'var/lib/rpmmanifest/container-manifest-2',
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const [index, line] of linesOf(textOf(file.bytes)).entries()) {
    if (line.trim() === '') continue;
    const facts = factsOf(line.split('\t'));
    if (facts === null)
      problems.push(problem('malformed', `${file.path}:${index + 1}`, 'This line lists no package.'));
    else packages.push(rpmPackage(facts, file));
  }
  return { packages, problems };
}

function factsOf(columns: readonly string[]): RpmFacts | null {
  const [name, built] = columns;
  if (!isNameLike(name) || !isNameLike(built) || columns.length < 10) return null;
  const epoch = Number(columns[8]);
  return {
    name,
    epoch: Number.isInteger(epoch) && epoch > 0 ? epoch : null,
    built,
    arch: columns[7] || null,
    sourceRpm: columns[9] || null,
    vendor: columns[4] || null,
    licence: null,
    modularityLabel: null,
  };
}
