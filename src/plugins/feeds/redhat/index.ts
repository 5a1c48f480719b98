import type { Feed, FeedFile, FeedRecord } from '../contract.ts';
import type { OvalDefinition } from '../oval.ts';
import { streamOfCpe } from '../redhat-cpe.ts';
import { readRpmOval } from '../rpm-oval.ts';
import { isCsaf, readCsaf } from './csaf.ts';

/** Red Hat's security data: CSAF advisories and VEX documents (live form), and OVAL patch definitions. */
export const redhat = {
  id: 'redhat',
  title: 'Red Hat security data',
  sources: [
    'https://security.access.redhat.com/data/csaf/v2/vex/',
    'https://www.redhat.com/en/blog/red-hats-csaf-vex-documents',
    'https://www.redhat.com/security/data/oval/v2/',
  ],
  licence: 'CC-BY 4.0',
  downloads: [
    {
      url: 'https://security.access.redhat.com/data/csaf/v2/vex/archive_latest.txt#named',
      path: 'redhat/csaf_vex.tar.zst',
    },
  ],
  wants: (path) => isOval(path) || isCsaf(path),
  read(file: FeedFile): AsyncIterable<FeedRecord> {
    if (isCsaf(file.path)) return readCsaf(file);
    const complete = !/sample/.test(file.path);
    return readRpmOval(file, { feed: 'redhat', source: 'redhat', streams: streamsOf, complete });
  },
} satisfies Feed;

function isOval(path: string): boolean {
  return /(^|\/)(com\.redhat\.rhsa-[\w.-]+|rhel-\d[\w.-]*oval[\w.-]*)\.xml(\.bz2|\.gz)?$/.test(path);
}

/** The products of an advisory; the platform where it names none. */
function streamsOf(definition: OvalDefinition): readonly string[] {
  const named = definition.cpes.map(streamOfCpe).filter((stream) => stream !== null);
  if (named.length > 0) return named;
  const release = /^Red Hat Enterprise Linux (\d+)$/.exec(definition.platforms[0] ?? '')?.[1];
  return release === undefined ? [] : [`rhel:${release}`];
}
