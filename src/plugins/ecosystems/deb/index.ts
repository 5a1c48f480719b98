import type { Ecosystem } from '../contract.ts';
import { debChisel } from './chisel.ts';
import { debFileList } from './file-list.ts';
import { debStatus } from './status.ts';
import { debStatusD } from './status-d.ts';

/** Debian packages, installed by dpkg. */
export const deb = {
  id: 'deb',
  scheme: 'deb',
  isSystem: true,
  sources: [
    'https://www.debian.org/doc/debian-policy/',
    'https://manpages.debian.org/stable/dpkg/dpkg.1.en.html',
  ],
  normaliseName: (name) => name,
  extractors: [debStatus, debStatusD, debFileList, debChisel],
} satisfies Ecosystem;
