import type { Ecosystem } from '../contract.ts';
import { composerLock } from './composer-lock.ts';
import { composerDrupalCore } from './drupal-core.ts';
import { composerInstalled } from './installed-json.ts';

/** PHP packages of Packagist. */
export const composer = {
  id: 'composer',
  scheme: 'composer',
  isSystem: false,
  sources: ['https://getcomposer.org/doc/04-schema.md'],
  normaliseName: (name) => name.toLowerCase(),
  extractors: [composerLock, composerInstalled, composerDrupalCore],
} satisfies Ecosystem;
