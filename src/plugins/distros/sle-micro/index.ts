import { zypperUpdate } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideRpmKernel } from '../kernels.ts';
import { binaryKey, majorMinorOf } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/** SUSE Linux Micro, under each of its names: streams are minor releases. */
export const sleMicro = {
  id: 'sle-micro',
  alsoKnownAs: ['sl-micro', 'suse-microos'],
  title: 'SUSE Linux Micro',
  ecosystem: 'rpm',
  sources: ['https://www.suse.com/lifecycle'],
  releases,
  cycleOf: majorMinorOf,
  keysOf(pkg, os) {
    const cycle = majorMinorOf(os);
    return cycle === null ? [] : [binaryKey(pkg, `sle-micro:${cycle}`)];
  },
  setAside: setAsideRpmKernel,
  fixCommand: zypperUpdate,
} satisfies Distro;
