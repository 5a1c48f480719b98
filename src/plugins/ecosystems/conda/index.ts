import type { Ecosystem } from '../contract.ts';
import { condaEnvironment } from './environment.ts';
import { condaMeta } from './meta.ts';

/** Packages of conda, of any language. Their order is close to that of Python, from which it was taken. */
export const conda = {
  id: 'conda',
  scheme: 'pep440',
  isSystem: false,
  sources: ['https://docs.conda.io/projects/conda-build/en/stable/resources/package-spec.html'],
  normaliseName: (name) => name.toLowerCase(),
  extractors: [condaMeta, condaEnvironment],
} satisfies Ecosystem;
