import { dnfUpgrade } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideRpmKernel } from '../kernels.ts';
import { binaryKey, majorOf, upstreamKeys } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/**
 * AlmaLinux: streams are major releases, with errata of its own, since its builds carry releases of their own. Errata
 * only tell what is fixed; for flaws that are still open Red Hat speaks.
 */
export const almalinux = {
  id: 'almalinux',
  alsoKnownAs: [],
  title: 'AlmaLinux',
  ecosystem: 'rpm',
  sources: ['https://errata.almalinux.org/', 'https://wiki.almalinux.org/release-notes/'],
  releases,
  cycleOf: majorOf,
  keysOf(pkg, os) {
    const cycle = majorOf(os);
    if (cycle === null) return [];
    return [binaryKey(pkg, `almalinux:${cycle}`), ...upstreamKeys(pkg, `rhel:${cycle}`)];
  },
  setAside: setAsideRpmKernel,
  fixCommand: dnfUpgrade,
} satisfies Distro;
