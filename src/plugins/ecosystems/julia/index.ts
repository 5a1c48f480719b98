import type { Ecosystem } from '../contract.ts';
import { juliaManifest } from './manifest.ts';

/** Julia packages. */
export const julia = {
  id: 'julia',
  scheme: 'semver',
  isSystem: false,
  sources: ['https://pkgdocs.julialang.org/v1/toml-files/'],
  normaliseName: (name) => name,
  extractors: [juliaManifest],
} satisfies Ecosystem;
