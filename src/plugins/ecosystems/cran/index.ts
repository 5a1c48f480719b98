import type { Ecosystem } from '../contract.ts';
import { cranRenvLock } from './renv-lock.ts';

/** R packages of CRAN and of the repositories beside it. */
export const cran = {
  id: 'cran',
  scheme: 'cran',
  isSystem: false,
  sources: ['https://rstudio.github.io/renv/reference/lockfiles.html'],
  normaliseName: (name) => name,
  extractors: [cranRenvLock],
} satisfies Ecosystem;
