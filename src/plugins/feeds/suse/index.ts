import type { Feed } from '../contract.ts';
import { readOsvFile } from '../osv-file.ts';
import type { OvalDefinition, OvalPackageTest } from '../oval.ts';
import { readRpmOval } from '../rpm-oval.ts';
import { streamOfSuseProduct } from '../suse-products.ts';
import products from './products.json' with { type: 'json' };

/** SUSE's OVAL files by CVE, for enterprise and Leap releases, and OSV records where they are mirrored. */
export const suse = {
  id: 'suse',
  title: 'SUSE and openSUSE security data',
  sources: [
    'https://www.suse.com/support/security/oval/',
    'https://ftp.suse.com/pub/projects/security/oval/',
  ],
  licence: 'as published by SUSE; fetched by each user, not redistributed',
  downloads: products.map((product) => ({
    url: `https://ftp.suse.com/pub/projects/security/oval/${product}.xml.gz`,
    path: `suse/${product}.xml.gz`,
  })),
  wants: (path) => isOval(path) || /(^|\/)suse\/osv\/[\w.-]+\.(zip|tar\.gz|tar\.bz2)$/.test(path),
  async *read(file) {
    if (isOval(file.path)) {
      yield* readRpmOval(file, { feed: 'suse', source: 'suse', streams: streamsOf, complete: true });
      return;
    }
    yield* readOsvFile(file, {
      feed: 'suse',
      accepts: (path) => /(^|\/)(open)?SUSE-[\w:%+.-]+\.json$/.test(path),
      complete: false,
    });
  },
} satisfies Feed;

function isOval(path: string): boolean {
  return /(^|\/)(opensuse\.(leap|tumbleweed)|suse\.linux|suse\.linux\.enterprise)[\w.-]*\.xml(\.gz|\.bz2)?$/.test(
    path,
  );
}

/** The products that a test is for stand in the criteria beside it; a file of one product may leave them out. */
function streamsOf(definition: OvalDefinition, test: OvalPackageTest): readonly string[] {
  const told = [...test.conditions, ...test.anyOf.flat()].flatMap((comment) => {
    const product = /^(.{5,150}) is installed$/.exec(comment)?.[1];
    return product === undefined ? [] : [product];
  });
  const known = told.map(streamOfSuseProduct).filter((stream) => stream !== null);
  if (known.length > 0 || told.some((product) => /^(open)?SUSE /i.test(product))) return known;
  return definition.platforms.length === 1
    ? definition.platforms.map(streamOfSuseProduct).filter((stream) => stream !== null)
    : [];
}
