import { dnfUpgrade } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideRpmKernel } from '../kernels.ts';
import { binaryKey, majorOf } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/** Rocky Linux: streams are major releases, with errata of its own. */
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
    return cycle === null ? [] : [binaryKey(pkg, `rocky:${cycle}`)];
  },
  setAside: setAsideRpmKernel,
  fixCommand: dnfUpgrade,
} satisfies Distro;
