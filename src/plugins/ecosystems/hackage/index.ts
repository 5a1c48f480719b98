import type { Ecosystem } from '../contract.ts';
import { hackageCabalFreeze } from './cabal-freeze.ts';
import { hackageStackLock } from './stack-lock.ts';

/** Haskell packages of Hackage. */
export const hackage = {
  id: 'hackage',
  scheme: 'hackage',
  isSystem: false,
  sources: [
    'https://cabal.readthedocs.io/en/stable/',
    'https://docs.haskellstack.org/en/stable/topics/lock_files/',
  ],
  normaliseName: (name) => name,
  extractors: [hackageCabalFreeze, hackageStackLock],
} satisfies Ecosystem;
