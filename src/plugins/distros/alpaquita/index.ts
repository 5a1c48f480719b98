import type { OsRelease } from '../../../model/os-release.ts';
import { apkUpgrade } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideApkKernel } from '../kernels.ts';
import { majorOf, sourceKey } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/** Alpaquita Linux of BellSoft: streams are major releases and `stream`. */
export const alpaquita = {
  id: 'alpaquita',
  alsoKnownAs: [],
  title: 'BellSoft Alpaquita Linux',
  ecosystem: 'apk',
  sources: ['https://github.com/bell-sw/osv-database'],
  releases,
  cycleOf: cycleOf,
  keysOf(pkg, os) {
    const cycle = cycleOf(os);
    return cycle === null ? [] : [sourceKey(pkg, `alpaquita:${cycle}`)];
  },
  setAside: setAsideApkKernel,
  fixCommand: apkUpgrade,
} satisfies Distro;

function cycleOf(os: OsRelease): string | null {
  return os.versionId === 'stream' ? 'stream' : majorOf(os);
}
