import type { Feed, FeedFile, FeedRecord } from '../contract.ts';
import type { OvalDefinition, OvalPackageTest } from '../oval.ts';
import { readRpmOval } from '../rpm-oval.ts';
import { readUpdateinfo, type Update, type UpdatePackage } from '../updateinfo.ts';

/** Oracle Linux errata: the OVAL file of all releases, and the updateinfo of its repositories. */
export const oracle = {
  id: 'oracle',
  title: 'Oracle Linux errata',
  sources: ['https://linux.oracle.com/security/oval/', 'https://linux.oracle.com/errata/'],
  licence: 'as published by Oracle; fetched by each user, not redistributed',
  downloads: [
    {
      url: 'https://linux.oracle.com/security/oval/com.oracle.elsa-all.xml.bz2',
      path: 'oracle/com.oracle.elsa-all.xml.bz2',
    },
  ],
  wants: (path) =>
    isOval(path) || /(^|\/)oracle\/(?!uln-)[\w./-]*updateinfo[\w.-]*\.xml(\.gz|\.zst)?$/.test(path),
  read(file: FeedFile): AsyncIterable<FeedRecord> {
    return isOval(file.path)
      ? readRpmOval(file, { feed: 'oracle', source: 'oracle', streams: ovalStreams, complete: true })
      : readUpdateinfo(file, { feed: 'oracle', stream: updateStream, complete: true });
  },
} satisfies Feed;

function isOval(path: string): boolean {
  return /(^|\/)com\.oracle\.elsa-[\w.-]+\.xml(\.bz2|\.gz)?$/.test(path);
}

/** The release stands beside each test. Ksplice and FIPS builds have version lines of their own. */
function ovalStreams(definition: OvalDefinition, test: OvalPackageTest): readonly string[] {
  const comments = [...test.conditions, ...test.anyOf.flat()];
  const told = comments.map((comment) => /^Oracle Linux (\d+) is installed$/.exec(comment)?.[1] ?? null);
  const platforms = definition.platforms.map(
    (platform) => /^Oracle Linux (\d+)$/.exec(platform)?.[1] ?? null,
  );
  const releases = told.some((release) => release !== null) ? told : platforms;
  const line = lineOf(test.evr ?? '');
  return releases.filter((release) => release !== null).map((release) => `ol:${release}${line}`);
}

function updateStream(update: Update, pack: UpdatePackage): string | null {
  if (!/^EL[SBE]A-/.test(update.id)) return null;
  const text = `${update.release} ${pack.collectionName} ${pack.collection}`;
  const release =
    /\b(?:Oracle Linux|ol|el)[ _-]?(\d{1,2})\b/i.exec(text)?.[1] ?? /\.el(\d{1,2})/.exec(pack.evr)?.[1];
  return release === undefined ? null : `ol:${release}${lineOf(pack.evr)}`;
}

function lineOf(evr: string): string {
  if (evr.includes('.ksplice')) return ':ksplice';
  return /[._]fips/.test(evr) ? ':fips' : '';
}
