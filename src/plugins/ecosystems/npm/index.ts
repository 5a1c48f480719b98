import type { Ecosystem } from '../contract.ts';
import { npmPackageJson } from './package-json.ts';
import { npmPackageLock } from './package-lock.ts';

/** JavaScript packages of the npm registry. */
export const npm = {
  id: 'npm',
  scheme: 'semver',
  isSystem: false,
  sources: ['https://docs.npmjs.com/cli/configuring-npm/package-lock-json'],
  normaliseName: (name) => name,
  extractors: [npmPackageLock, npmPackageJson],
} satisfies Ecosystem;
