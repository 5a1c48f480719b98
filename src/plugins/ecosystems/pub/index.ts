import type { Ecosystem } from '../contract.ts';
import { pubPubspecLock } from './pubspec-lock.ts';

/** Dart and Flutter packages of pub.dev. */
export const pub = {
  id: 'pub',
  scheme: 'pub',
  isSystem: false,
  sources: ['https://dart.dev/tools/pub/glossary#lockfile'],
  normaliseName: (name) => name,
  extractors: [pubPubspecLock],
} satisfies Ecosystem;
