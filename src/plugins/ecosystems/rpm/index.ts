import type { Ecosystem } from '../contract.ts';
import { rpmBerkeley } from './berkeley.ts';
import { rpmManifest } from './manifest.ts';
import { rpmNdb } from './ndb.ts';
import { rpmSqlite } from './sqlite.ts';

/** rpm packages, in the three forms that the database has had. */
export const rpm = {
  id: 'rpm',
  scheme: 'rpm',
  isSystem: true,
  sources: [
    'https://rpm-software-management.github.io/rpm/manual/format_header.html',
    'https://www.sqlite.org/fileformat2.html',
  ],
  normaliseName: (name) => name,
  extractors: [rpmSqlite, rpmBerkeley, rpmNdb, rpmManifest],
} satisfies Ecosystem;
