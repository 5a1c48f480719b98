import type { OsRelease } from '../../../model/os-release.ts';
import { redHatUpgrade } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideRpmKernel } from '../kernels.ts';
import { binaryKey, majorOf, rpmKeys } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/**
 * CentOS Linux is a rebuild of Red Hat Enterprise Linux with the same versions, so Red Hat's streams judge it.
 * CentOS Stream runs ahead with releases of its own (`stream-9`), which no errata list.
 */
export const centos = {
  id: 'centos',
  alsoKnownAs: [],
  title: 'CentOS',
  ecosystem: 'rpm',
  sources: ['https://wiki.centos.org/About(2f)Product.html', 'https://www.centos.org/centos-stream/'],
  releases,
  cycleOf,
  keysOf(pkg, os) {
    const cycle = cycleOf(os);
    if (cycle === null) return [];
    return isStream(os) ? [binaryKey(pkg, `centos:${cycle}`)] : rpmKeys(pkg, `rhel:${cycle}`);
  },
  setAside: setAsideRpmKernel,
  fixCommand: redHatUpgrade,
} satisfies Distro;

function cycleOf(os: OsRelease): string | null {
  const major = majorOf(os);
  return major !== null && isStream(os) ? `stream-${major}` : major;
}

function isStream(os: OsRelease): boolean {
  return /\bStream\b/.test(os.prettyName ?? '') || Number(majorOf(os) ?? 0) > 8;
}
