import { problem } from '../../../model/problem.ts';
import type { Extraction, Extractor, ExtractorFile } from '../contract.ts';
import { isNameLike } from '../package-of.ts';
import { childOf, childrenOf, parseXml, textOfChild, type XmlElement } from '../read-xml.ts';
import { genericPackage } from './generic-package.ts';

/**
 * What an installed Flatpak says of itself: its id, and its releases, of which the newest is the one installed.
 * Source: https://www.freedesktop.org/software/appstream/docs/chap-Metadata.html
 */
export const genericFlatpak = {
  id: 'generic/flatpak',
  version: 1,
  sizeMaxBytes: 8 * 1024 * 1024,
  endings: ['.metainfo.xml', '.appdata.xml'],
  wants,
  extract,
} satisfies Extractor;

// Each commit of an application has them twice: among its files, and among what it shows to the host.
function wants(path: string): boolean {
  if (!path.endsWith('.metainfo.xml') && !path.endsWith('.appdata.xml')) return false;
  return (
    (path.startsWith('flatpak/app/') || path.includes('/flatpak/app/')) && path.includes('/export/share/')
  );
}

function extract(file: ExtractorFile): Extraction {
  const root = parseXml(file.bytes, file.path);
  if ('kind' in root) return { packages: [], problems: [root] };
  const id = textOfChild(root, 'id')?.replace(/\.desktop$/, '');
  const version = newestOf(childrenOf(childOf(root, 'releases'), 'release'));
  if (root.name !== 'component' || !isNameLike(id) || !isNameLike(version)) {
    const why = 'It names no application and no release of it.';
    return { packages: [], problems: [problem('malformed', file.path, why)] };
  }
  const licence = textOfChild(root, 'project_license');
  return {
    packages: [
      genericPackage({
        namespace: 'flatpak',
        name: id,
        version,
        path: file.path,
        licences: licence === null ? [] : [licence],
        attributes: { title: textOfChild(root, 'name'), developer: textOfChild(root, 'developer_name') },
      }),
    ],
    problems: [],
  };
}

// Releases stand in their order, the newest first; where all have a date, that counts.
function newestOf(releases: readonly XmlElement[]): string | null {
  const dates = releases.map(({ attributes }) => dateOf(attributes));
  let newest = 0;
  if (!dates.includes(null)) {
    for (const [index, date] of dates.entries()) if ((date ?? 0) > (dates[newest] ?? 0)) newest = index;
  }
  return releases[newest]?.attributes.version ?? null;
}

function dateOf({ date, timestamp }: XmlElement['attributes']): number | null {
  const time = timestamp === undefined ? Date.parse(date ?? '') : Number(timestamp) * 1000;
  return Number.isFinite(time) ? time : null;
}
