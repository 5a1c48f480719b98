import type { OsRelease } from '../../../model/os-release.ts';
import { apkUpgrade } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideApkKernel } from '../kernels.ts';
import { majorMinorOf, sourceKey } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/** Alpine Linux: streams are minor releases and `edge`; the security database names origins. */
export const alpine = {
  id: 'alpine',
  alsoKnownAs: [],
  title: 'Alpine Linux',
  ecosystem: 'apk',
  sources: ['https://secdb.alpinelinux.org/', 'https://alpinelinux.org/releases/'],
  releases,
  cycleOf,
  keysOf(pkg, os) {
    const cycle = cycleOf(os);
    return cycle === null ? [] : [sourceKey(pkg, `alpine:${cycle}`)];
  },
  setAside: setAsideApkKernel,
  fixCommand: apkUpgrade,
} satisfies Distro;

// Edge calls itself by the next release and a date: 3.22.0_alpha20250108.
function cycleOf(os: OsRelease): string | null {
  const version = os.versionId ?? '';
  if (/_(?:alpha|git)/.test(version) || /^\d{8}$/.test(version) || / edge$/.test(os.prettyName ?? ''))
    return 'edge';
  return majorMinorOf(os);
}
