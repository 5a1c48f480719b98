import type { Ecosystem } from '../contract.ts';
import { swiftPackageResolved } from './package-resolved.ts';

/** Swift packages, which are named by where their repository lies. */
export const swift = {
  id: 'swift',
  scheme: 'semver',
  isSystem: false,
  sources: ['https://docs.swift.org/swiftpm/documentation/packagemanagerdocs/'],
  normaliseName: (name) => name.toLowerCase(),
  extractors: [swiftPackageResolved],
} satisfies Ecosystem;
