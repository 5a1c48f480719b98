import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, ExtractorFile, OwnedFiles } from '../contract.ts';
import { parseRpmHeader } from './header.ts';
import { factsOf, ownedFiles, rpmPackage } from './package.ts';

/** What a backend found: the header of each package, in the order of the file, and what it could not read. */
export type Blobs = { readonly blobs: readonly Uint8Array[]; readonly problems: readonly Problem[] };

/**
 * What may still be read. Records of a sound database do not overlap, so all of them together are no longer than the
 * file; a forged one could name the same bytes over and over.
 */
export type Budget = { bytesLeft: number };

export function spend(budget: Budget, bytes: number): boolean {
  budget.bytesLeft -= bytes;
  return budget.bytesLeft >= 0;
}

/** Folders in which distributions keep the database. */
export const databaseFolders = ['var/lib/rpm/', 'usr/lib/sysimage/rpm/', 'usr/share/rpm/'];

export const databaseSizeMaxBytes = 512 * 1024 * 1024;

export function isDatabase(path: string, name: string): boolean {
  return databaseFolders.some((folder) => path === folder + name);
}

/** The packages of a database from the headers that its backend gave. */
export function extractBlobs(file: ExtractorFile, read: (file: ExtractorFile) => Blobs): Extraction {
  const { blobs, problems: found } = read(file);
  const packages: Package[] = [];
  const owned: OwnedFiles[] = [];
  const problems = [...found];
  for (const [index, blob] of blobs.entries()) {
    const header = parseRpmHeader(blob);
    const facts = header === null ? null : factsOf(header);
    if (header === null || facts === null) {
      problems.push(
        problem('malformed', `${file.path}#${index}`, 'This record of the database is no package header.'),
      );
      continue;
    }
    packages.push(rpmPackage(facts, file));
    const files = ownedFiles(header, facts.name);
    if (files.paths.length > 0) owned.push(files);
  }
  return { packages, problems, owned };
}
