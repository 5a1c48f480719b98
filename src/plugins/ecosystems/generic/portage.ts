import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { isNameLike } from '../package-of.ts';
import { linesOf, shown, textOf } from '../read-text.ts';
import { genericPackage } from './generic-package.ts';

const folder = 'var/db/pkg/';

/**
 * The database of Portage, Gentoo's package manager: a folder for each package below that of its category, in which
 * the file `PF` holds the name with the version.
 * Source: https://projects.gentoo.org/pms/8/pms.html (names and versions, section 3)
 */
export const genericPortage = {
  id: 'generic/portage',
  version: 1,
  sizeMaxBytes: 4096,
  names: ['PF'],
  wants: (path) => path.startsWith(folder) && path.endsWith('/PF') && path.split('/').length === 6,
  extract,
} satisfies Extractor;

/**
 * The list of files beside it: `obj /path sum time`, `sym /path -> target time`, `dir /path`.
 * Source: https://projects.gentoo.org/pms/8/pms.html (the installed package database)
 */
export const genericPortageFiles = {
  id: 'generic/portage-files',
  version: 1,
  sizeMaxBytes: 64 * 1024 * 1024,
  names: ['CONTENTS'],
  wants: (path) => path.startsWith(folder) && path.endsWith('/CONTENTS') && path.split('/').length === 6,
  extract: extractFiles,
} satisfies Extractor;

const textLengthMax = 512;
// The name may not end in what could be a version, so the last hyphen before a version divides them.
const versioned =
  /^([A-Za-z0-9_][A-Za-z0-9+_-]*)-(\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)\d*)*(?:-r\d+)?)$/;

function extract(file: ExtractorFile): Extraction {
  const text = textOf(file.bytes).trim();
  const [, name, version] = versioned.exec(text.length > textLengthMax ? '' : text) ?? [];
  const category = file.path.split('/')[3];
  if (!isNameLike(name) || !isNameLike(version) || !isNameLike(category)) {
    const why = `This is no name with a version: ${shown(text)}`;
    return { packages: [], problems: [problem('malformed', file.path, why)] };
  }
  const found = { namespace: `gentoo/${category}`, name, version, path: file.path, line: 1 };
  return { packages: [genericPackage(found)], problems: [] };
}

function extractFiles(file: ExtractorFile): Extraction {
  const paths = linesOf(textOf(file.bytes))
    .map(pathOf)
    .filter((path) => path !== '');
  const name = file.path.split('/').slice(3, 5).join('/');
  return { packages: [], problems: [], owned: [{ name, paths }] };
}

// A path may hold blanks; behind it stand a sum and a time, or the link's target and a time.
function pathOf(line: string): string {
  if (line.startsWith('obj /')) return line.slice(5).split(' ').slice(0, -2).join(' ');
  if (line.startsWith('sym /')) return line.slice(5).split(' -> ')[0] ?? '';
  return '';
}
