import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { isNameLike, packageOf } from '../package-of.ts';
import { folderOf, linesOf, sibling, textOf } from '../read-text.ts';
import { distroQualifier, upstreamQualifier } from '../system-purl.ts';

/**
 * What pacman keeps of each installed package: sections of a name in percent signs and lines. The list of its files
 * lies beside it.
 * Source: https://man.archlinux.org/man/pacman.8
 */
export const alpmDesc = {
  id: 'alpm/desc',
  version: 1,
  sizeMaxBytes: 4 * 1024 * 1024,
  names: ['desc'],
  wants: (path) => path.endsWith('/desc') && /^var\/lib\/pacman\/local\/[^/]+\/desc$/.test(path),
  companions: (path) => [sibling(path, 'files')],
  extract,
} satisfies Extractor;

function extract(file: ExtractorFile): Extraction {
  const sections = readSections(textOf(file.bytes));
  const name = sections.get('NAME')?.[0];
  const version = sections.get('VERSION')?.[0];
  if (!isNameLike(name) || !isNameLike(version)) {
    return {
      packages: [],
      problems: [problem('malformed', file.path, 'The record has no name or no version.')],
    };
  }
  const base = sections.get('BASE')?.[0];
  const source = { name: isNameLike(base) ? base : name, version };
  const arch = sections.get('ARCH')?.[0] ?? null;
  const found = packageOf({
    ecosystem: 'alpm',
    namespace: file.os?.id ?? null,
    purlName: name,
    version,
    qualifiers: {
      arch,
      distro: distroQualifier(file.os),
      upstream: upstreamQualifier(name, version, source),
    },
    arch,
    source,
    path: file.path,
    licences: sections.get('LICENSE') ?? [],
  });
  const list = file.companions.get(`${folderOf(file.path)}/files`);
  if (list === undefined) return { packages: [found], problems: [] };
  const paths = (readSections(textOf(list)).get('FILES') ?? []).filter((path) => !path.endsWith('/'));
  return { packages: [found], problems: [], owned: [{ name, paths }] };
}

function readSections(text: string): ReadonlyMap<string, readonly string[]> {
  const sections = new Map<string, string[]>();
  let section: string[] | null = null;
  for (const line of linesOf(text)) {
    const name = /^%([A-Z0-9]+)%$/.exec(line)?.[1];
    if (name !== undefined) {
      section = [];
      sections.set(name, section);
    } else if (line !== '') section?.push(line);
  }
  return sections;
}
