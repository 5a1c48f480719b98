import type { SubjectKey } from '../../../model/match.ts';
import type { Package } from '../../../model/package.ts';
import { redHatUpgrade } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideRpmKernel } from '../kernels.ts';
import { binaryKey, majorOf, rpmKeys } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/**
 * Red Hat Enterprise Linux: streams are major releases, and inside them the minor releases that are kept patched for
 * longer. Which of those a host follows is not in os-release, but a build for a minor release says so in its version
 * and is judged by the fixes of that one first. After the end of maintenance a major release has a paid line that goes
 * on from the same builds: what it says is newer than what the release says, so it speaks before it. Fixes list
 * binaries; flaws without a fix name the source.
 */
export const rhel = {
  id: 'rhel',
  alsoKnownAs: ['redhat'],
  title: 'Red Hat Enterprise Linux',
  ecosystem: 'rpm',
  sources: [
    'https://security.access.redhat.com/data/',
    'https://access.redhat.com/support/policy/updates/errata',
  ],
  releases,
  cycleOf: majorOf,
  keysOf(pkg, os) {
    const cycle = majorOf(os);
    if (cycle === null) return [];
    return [...minorKeys(pkg, cycle), ...afterKeys(pkg, cycle), ...rpmKeys(pkg, `rhel:${cycle}`)];
  },
  rating: {
    source: 'redhat',
    isLabelFirst: false,
    pageOf: (id) => `https://access.redhat.com/security/cve/${id}`,
  },
  setAside: setAsideRpmKernel,
  fixCommand: redHatUpgrade,
} satisfies Distro;

// In the order of how long they last.
const minorStreams = ['eus', 'eus-long-life', 'aus', 'tus', 'e4s'];

// `2.28-236.el8_9.13` was built for 8.9.
function minorKeys(pkg: Package, cycle: string): readonly SubjectKey[] {
  const [, major, minor] = /\.el(\d{1,3})_(\d{1,3})(?!\d)/.exec(pkg.version) ?? [];
  if (major !== cycle || minor === undefined) return [];
  return minorStreams.map((stream) => binaryKey(pkg, `rhel:${major}:${stream}-${major}.${minor}`));
}

// The releases that have such a line, up to now.
const extended = ['6', '7'];

function afterKeys(pkg: Package, cycle: string): readonly SubjectKey[] {
  return extended.includes(cycle) ? rpmKeys(pkg, `rhel:${cycle}:els`) : [];
}
