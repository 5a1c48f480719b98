import { dnfUpgrade } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideRpmKernel } from '../kernels.ts';
import { binaryKey, majorOf } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/** AlmaLinux: streams are major releases, with errata of its own, since its builds carry releases of their own. */
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
    return cycle === null ? [] : [binaryKey(pkg, `almalinux:${cycle}`)];
  },
  setAside: setAsideRpmKernel,
  fixCommand: dnfUpgrade,
} satisfies Distro;
