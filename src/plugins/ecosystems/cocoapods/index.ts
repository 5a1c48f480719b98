import type { Ecosystem } from '../contract.ts';
import { cocoapodsPodfileLock } from './podfile-lock.ts';

/** Pods for Apple's systems. */
export const cocoapods = {
  id: 'cocoapods',
  scheme: 'semver',
  isSystem: false,
  sources: ['https://guides.cocoapods.org/using/using-cocoapods.html'],
  normaliseName: (name) => name,
  extractors: [cocoapodsPodfileLock],
} satisfies Ecosystem;
