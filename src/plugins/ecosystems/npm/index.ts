import type { Ecosystem } from '../contract.ts';
import { npmBunLock, npmBunLockBinary } from './bun-lock.ts';
import { npmPackageJson } from './package-json.ts';
import { npmPackageLock } from './package-lock.ts';
import { npmPnpmLock } from './pnpm-lock.ts';
import { npmYarnLock } from './yarn-lock.ts';

/** JavaScript packages of the npm registry. */
export const npm = {
  id: 'npm',
  scheme: 'semver',
  isSystem: false,
  sources: [
    'https://docs.npmjs.com/cli/configuring-npm/package-lock-json',
    'https://github.com/pnpm/spec/tree/master/lockfile',
  ],
  installedFolder: 'node_modules',
  normaliseName: (name) => name,
  extractors: [npmPackageLock, npmPackageJson, npmYarnLock, npmPnpmLock, npmBunLock, npmBunLockBinary],
} satisfies Ecosystem;
