import type { Package } from '../../../model/package.ts';
import type { Problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { isCondaEnvironment, readCondaEnvironment } from '../read-conda-environment.ts';
import { linesOf } from '../read-text.ts';
import { readRequirement } from './requirements.ts';

/**
 * The lines for pip in an environment file of conda.
 * Source: https://docs.conda.io/projects/conda/en/stable/user-guide/tasks/manage-environments.html
 */
export const pypiCondaEnvironment = {
  id: 'pypi/conda-environment',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  endings: ['.yml', '.yaml'],
  wants: isCondaEnvironment,
  isDeclaration: () => true,
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const environment = readCondaEnvironment(file);
  // A file that cannot be read is told once, by the reader of conda's own packages.
  if ('kind' in environment) return { packages: [], problems: [] };
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const text of environment.requirements.flatMap(linesOf)) {
    const read = text.trim() === '' ? null : readRequirement(text.trim(), file.path, null);
    if (read === null) continue;
    if ('purl' in read) packages.push(read);
    else problems.push(read);
  }
  return { packages, problems };
}
