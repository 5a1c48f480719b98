import type { Ecosystem } from '../contract.ts';
import { pypiMetadata } from './metadata.ts';
import { normalisePypi } from './pypi-package.ts';
import { pypiRequirements } from './requirements.ts';

/** Python packages of the Python Package Index. */
export const pypi = {
  id: 'pypi',
  scheme: 'pep440',
  isSystem: false,
  sources: ['https://packaging.python.org/en/latest/specifications/'],
  normaliseName: normalisePypi,
  extractors: [pypiMetadata, pypiRequirements],
} satisfies Ecosystem;
