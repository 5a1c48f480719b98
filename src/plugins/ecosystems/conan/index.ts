import type { Ecosystem } from '../contract.ts';
import { conanLock, conanOtherLock } from './conan-lock.ts';

/** C and C++ packages of Conan. */
export const conan = {
  id: 'conan',
  scheme: 'semver',
  isSystem: false,
  sources: ['https://docs.conan.io/2/tutorial/versioning/lockfiles.html'],
  normaliseName: (name) => name.toLowerCase(),
  extractors: [conanLock, conanOtherLock],
} satisfies Ecosystem;
