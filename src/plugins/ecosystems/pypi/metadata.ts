import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { isNameLike } from '../package-of.ts';
import { folderOf, linesOf, sibling, textOf } from '../read-text.ts';
import { isPypiName, pypiPackage } from './pypi-package.ts';

/**
 * The metadata of an installed distribution: headers as in mail, then a description.
 * Source: https://packaging.python.org/en/latest/specifications/core-metadata/
 */
export const pypiMetadata = {
  id: 'pypi/metadata',
  version: 1,
  sizeMaxBytes: 4 * 1024 * 1024,
  names: ['METADATA', 'PKG-INFO'],
  endings: ['.egg-info'],
  wants,
  companions: (path) => (path.endsWith('.dist-info/METADATA') ? [sibling(path, 'REQUESTED')] : []),
  extract,
} satisfies Extractor;

function wants(path: string): boolean {
  if (path.endsWith('.dist-info/METADATA')) return true;
  if (path.endsWith('.egg-info/PKG-INFO') || path.endsWith('EGG-INFO/PKG-INFO')) return true;
  // The oldest installers write the file itself under the folder's name.
  return path.endsWith('.egg-info');
}

function extract(file: ExtractorFile): Extraction {
  const isRequested = file.companions.has(sibling(file.path, 'REQUESTED'));
  return extractMetadata(file.bytes, file.path, isRequested);
}

/** The distribution that a metadata file describes. `path` is where it is reported. */
export function extractMetadata(bytes: Uint8Array, path: string, isRequested: boolean): Extraction {
  const headers = parseHeaders(textOf(bytes));
  const name = headers.get('name')?.[0] ?? '';
  const version = headers.get('version')?.[0];
  if (!isPypiName(name) || !isNameLike(version)) {
    const where = folderOf(path) === '' ? path : folderOf(path);
    return {
      packages: [],
      problems: [problem('malformed', where, 'The metadata has no name or no version.')],
    };
  }
  const relation = isRequested ? 'direct' : null;
  return {
    packages: [pypiPackage({ name, version, path, relation, licences: licencesOf(headers) })],
    problems: [],
  };
}

const headerLinesMax = 10_000;

// The headers end at the first empty line; a line that begins with a space goes on with the one before.
function parseHeaders(text: string): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>();
  let last: string[] | null = null;
  for (const line of linesOf(text.trimStart()).slice(0, headerLinesMax)) {
    if (line === '') break;
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (last !== null) last[last.length - 1] += ` ${line.trim()}`;
      continue;
    }
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const key = line.slice(0, colon).trim().toLowerCase();
    last = headers.get(key) ?? [];
    last.push(line.slice(colon + 1).trim());
    headers.set(key, last);
  }
  return headers;
}

// The expression is exact; the free field may hold a whole text, and then the classifiers say it shorter.
function licencesOf(headers: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const expression = headers.get('license-expression')?.[0];
  if (expression) return [expression];
  const classified = (headers.get('classifier') ?? [])
    .filter((classifier) => classifier.startsWith('License ::'))
    .map((classifier) => classifier.slice(classifier.lastIndexOf('::') + 2).trim())
    .filter((licence) => licence !== 'OSI Approved');
  if (classified.length > 0) return classified;
  const free = headers.get('license')?.[0];
  return free && free !== 'UNKNOWN' && free.length <= 200 ? [free] : [];
}
