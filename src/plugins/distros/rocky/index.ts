import { dnfUpgrade } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideRpmKernel } from '../kernels.ts';
import { binaryKey, majorOf, upstreamKeys } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/**
 * Rocky Linux: streams are major releases, with errata of its own. Those only tell what is fixed; for flaws that are
 * still open Red Hat speaks.
 */
export const rocky = {
  id: 'rocky',
  alsoKnownAs: [],
  title: 'Rocky Linux',
  ecosystem: 'rpm',
  sources: ['https://errata.rockylinux.org/', 'https://wiki.rockylinux.org/rocky/version/'],
  releases,
  cycleOf: majorOf,
  keysOf(pkg, os) {
    const cycle = majorOf(os);
    if (cycle === null) return [];
    return [binaryKey(pkg, `rocky:${cycle}`), ...upstreamKeys(pkg, `rhel:${cycle}`)];
  },
  setAside: setAsideRpmKernel,
  fixCommand: dnfUpgrade,
} satisfies Distro;
