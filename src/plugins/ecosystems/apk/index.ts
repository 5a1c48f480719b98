import type { Ecosystem } from '../contract.ts';
import { apkInstalled } from './installed.ts';

/** Alpine packages and those of the distributions that took over its package keeper. */
export const apk = {
  id: 'apk',
  scheme: 'apk',
  isSystem: true,
  sources: ['https://wiki.alpinelinux.org/wiki/Apk_spec', 'https://man.archlinux.org/man/apk-package.5.en'],
  normaliseName: (name) => name,
  extractors: [apkInstalled],
} satisfies Ecosystem;
