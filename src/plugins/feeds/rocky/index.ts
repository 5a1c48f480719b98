import { fields, textOf } from '../../../lib/fields.ts';
import type { Feed } from '../contract.ts';
import { readOsvFile } from '../osv-file.ts';
import type { OvalDefinition } from '../oval.ts';
import { rpmModules } from '../rpm-modules.ts';
import { readRpmOval } from '../rpm-oval.ts';

/** Rocky Linux errata, as OSV records (live form) and as OVAL. */
export const rocky = {
  id: 'rocky',
  title: 'Rocky Linux errata',
  sources: ['https://errata.rockylinux.org/', 'https://distro-tools.rocky.page/apollo/'],
  licence: 'BSD (Rocky Enterprise Software Foundation)',
  downloads: [
    {
      url: 'https://osv-vulnerabilities.storage.googleapis.com/Rocky%20Linux/all.zip',
      path: 'rocky/osv/all.zip',
    },
  ],
  wants: (path) => isOval(path) || /(^|\/)rocky\/osv\/[\w.-]+\.(zip|tar\.gz)$/.test(path),
  async *read(file) {
    if (isOval(file.path)) {
      yield* readRpmOval(file, { feed: 'rocky', source: 'rocky', streams: streamsOf, complete: true });
      return;
    }
    yield* readOsvFile(file, {
      feed: 'rocky',
      accepts: (path) => /(^|\/)R[LX]SA-[\w:%.-]+\.json$/.test(path),
      complete: true,
      severity: (record) =>
        /^(Critical|Important|Moderate|Low):/.exec(textOf(fields(record).summary) ?? '')?.[1] ?? null,
      conditions: (fixed, record) => rpmModules(fixed, textOf(record.summary) ?? ''),
    });
  },
} satisfies Feed;

function isOval(path: string): boolean {
  return /(^|\/)org\.rockylinux\.rlsa-[\w.-]+\.xml(\.bz2|\.gz)?$/.test(path);
}

/** The release stands in the platform or, where that is missing, in the advisory's origin `cpe:/o:rocky:rocky:9:GA`. */
function streamsOf(definition: OvalDefinition): readonly string[] {
  const release =
    /^Rocky Linux (\d+)/.exec(definition.platforms[0] ?? '')?.[1] ??
    /^cpe:\/o:rocky:rocky:(\d+)/.exec(definition.from)?.[1];
  return release === undefined ? [] : [`rocky:${release}`];
}
