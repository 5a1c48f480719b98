import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { baseName, linesOf, textOf } from '../read-text.ts';

const folder = 'var/lib/dpkg/info/';

/**
 * The list of files that dpkg keeps for each package. Gives no package, only what it owns.
 * Source: https://manpages.debian.org/stable/dpkg/dpkg-query.1.en.html
 */
export const debFileList = {
  id: 'deb/file-list',
  version: 1,
  sizeMaxBytes: 64 * 1024 * 1024,
  endings: ['.list'],
  wants: (path) => path.startsWith(folder) && path.endsWith('.list') && path.indexOf('/', folder.length) < 0,
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  // Packages that can be installed for several architectures carry it behind a colon.
  const name = baseName(file.path)
    .replace(/\.list$/, '')
    .replace(/:[^:]*$/, '');
  return { packages: [], problems: [], owned: [{ name, paths: filesOf(textOf(file.bytes)) }] };
}

// Folders are listed too, each before what lies in it, and belong to many packages.
function filesOf(text: string): readonly string[] {
  const paths = linesOf(text)
    .filter((line) => line.startsWith('/') && line !== '/.')
    .map((line) => line.slice(1));
  const folders = new Set(paths.map((path) => path.slice(0, Math.max(0, path.lastIndexOf('/')))));
  return paths.filter((path) => !folders.has(path));
}
