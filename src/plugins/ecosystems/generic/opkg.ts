import type { Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { isNameLike } from '../package-of.ts';
import { parseControl, presenceOf, type Stanza, stateOf } from '../read-control.ts';
import { baseName, linesOf, shown, textOf } from '../read-text.ts';
import { genericPackage } from './generic-package.ts';

/**
 * The status file of opkg, the package manager of OpenWrt and of many small systems, in the form of dpkg's.
 * Source: https://git.yoctoproject.org/opkg/tree/README.md
 */
export const genericOpkg = {
  id: 'generic/opkg',
  version: 1,
  sizeMaxBytes: 64 * 1024 * 1024,
  names: ['status'],
  wants: (path) => path === 'usr/lib/opkg/status' || path === 'var/lib/opkg/status',
  extract,
} satisfies Extractor;

/** The files that each of its packages brought, one on each line. */
export const genericOpkgFiles = {
  id: 'generic/opkg-files',
  version: 1,
  sizeMaxBytes: 16 * 1024 * 1024,
  endings: ['.list'],
  wants: (path) => path.endsWith('.list') && /^(?:usr|var)\/lib\/opkg\/info\/[^/]+$/.test(path),
  extract: extractFiles,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const packages: Package[] = [];
  const problems: Problem[] = [];
  for (const stanza of parseControl(textOf(file.bytes))) {
    const read = readStanza(stanza, file.path);
    if (read === null) continue;
    if ('purl' in read) packages.push(read);
    else problems.push(read);
  }
  return { packages, problems };
}

function readStanza(stanza: Stanza, path: string): Package | Problem | null {
  const where = `${path}:${stanza.line}`;
  const name = stanza.fields.get('package');
  const version = stanza.fields.get('version');
  if (!isNameLike(name)) return problem('malformed', where, 'This entry names no package.');
  const state = stateOf(stanza) ?? '';
  const presence = presenceOf(state);
  if (presence === 'absent') return null;
  if (presence === 'unclear') {
    const why = `Package ${shown(name)} has the state "${shown(state)}": whether its files are there is not known.`;
    return problem('not-assessed', where, why);
  }
  if (!isNameLike(version)) return problem('malformed', where, `Package ${shown(name)} has no version.`);
  const arch = stanza.fields.get('architecture') || null;
  const found = { namespace: 'opkg', name, version, path, line: stanza.line, arch };
  return genericPackage({ ...found, qualifiers: { arch } });
}

function extractFiles(file: ExtractorFile): Extraction {
  const name = baseName(file.path).replace(/\.list$/, '');
  const paths = linesOf(textOf(file.bytes))
    .map((line) => line.split('\t')[0]?.trim() ?? '')
    .filter((path) => path.startsWith('/') && !path.endsWith('/'))
    .map((path) => path.slice(1));
  return { packages: [], problems: [], owned: [{ name, paths }] };
}
