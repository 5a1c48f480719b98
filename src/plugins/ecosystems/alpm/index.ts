import type { Ecosystem } from '../contract.ts';
import { alpmDesc } from './desc.ts';

/** Packages of Arch Linux and its derivatives. */
export const alpm = {
  id: 'alpm',
  scheme: 'alpm',
  isSystem: true,
  sources: ['https://man.archlinux.org/man/pacman.8', 'https://man.archlinux.org/man/PKGBUILD.5'],
  normaliseName: (name) => name,
  extractors: [alpmDesc],
} satisfies Ecosystem;
