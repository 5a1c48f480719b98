import type { Ecosystem } from '../contract.ts';
import { gemGemfileLock } from './gemfile-lock.ts';
import { gemGemspec } from './gemspec.ts';

/** Ruby gems. */
export const gem = {
  id: 'gem',
  scheme: 'gem',
  isSystem: false,
  sources: ['https://guides.rubygems.org/specification-reference/', 'https://bundler.io/guides/'],
  normaliseName: (name) => name,
  extractors: [gemGemfileLock, gemGemspec],
} satisfies Ecosystem;
