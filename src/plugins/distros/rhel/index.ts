import { redHatUpgrade } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideRpmKernel } from '../kernels.ts';
import { binaryKey, majorOf } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/** Red Hat Enterprise Linux: streams are major releases. Which extended stream a host follows is not in os-release. */
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
    return cycle === null ? [] : [binaryKey(pkg, `rhel:${cycle}`)];
  },
  rating: {
    source: 'redhat',
    isLabelFirst: false,
    pageOf: (id) => `https://access.redhat.com/security/cve/${id}`,
  },
  setAside: setAsideRpmKernel,
  fixCommand: redHatUpgrade,
} satisfies Distro;
