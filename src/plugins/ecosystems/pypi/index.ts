import type { Ecosystem } from '../contract.ts';
import { pypiCondaEnvironment } from './conda-environment.ts';
import { pypiMetadata } from './metadata.ts';
import { pypiPdmLock } from './pdm-lock.ts';
import { pypiPipfileLock } from './pipfile-lock.ts';
import { pypiPoetryLock } from './poetry-lock.ts';
import { pypiPylock } from './pylock.ts';
import { normalisePypi } from './pypi-package.ts';
import { pypiRequirements } from './requirements.ts';
import { pypiUvLock } from './uv-lock.ts';
import { pypiWheel } from './wheel.ts';

/** Python packages of the Python Package Index. */
export const pypi = {
  id: 'pypi',
  scheme: 'pep440',
  isSystem: false,
  sources: ['https://packaging.python.org/en/latest/specifications/'],
  normaliseName: normalisePypi,
  extractors: [
    pypiMetadata,
    pypiRequirements,
    pypiPipfileLock,
    pypiPoetryLock,
    pypiPdmLock,
    pypiUvLock,
    pypiPylock,
    pypiWheel,
    pypiCondaEnvironment,
  ],
} satisfies Ecosystem;
