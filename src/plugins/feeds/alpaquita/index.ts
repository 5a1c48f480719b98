import type { Feed } from '../contract.ts';
import { readOsvFile } from '../osv-file.ts';

/** BellSoft's apk distributions in OSV form. Many records are withdrawn, and those name no package. */
export const alpaquita = {
  id: 'alpaquita',
  title: 'BellSoft Alpaquita and Hardened Containers',
  sources: ['https://github.com/bell-sw/osv-database', 'https://docs.bell-sw.com/security/'],
  licence: 'MIT',
  downloads: [
    {
      url: 'https://github.com/bell-sw/osv-database/archive/HEAD.tar.gz',
      path: 'alpaquita/osv-database.tar.gz',
    },
  ],
  wants: (path) => /(^|\/)alpaquita\/[\w.-]+\.(tar\.gz|zip)$/.test(path),
  async *read(file) {
    yield* readOsvFile(file, {
      feed: 'alpaquita',
      accepts: (path) => /(^|\/)BELL-[\w.-]+\.json$/.test(path),
      complete: true,
    });
  },
} satisfies Feed;
