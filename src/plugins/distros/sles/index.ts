import { zypperUpdate } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideRpmKernel } from '../kernels.ts';
import { binaryKey, serviceOf } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/** SUSE Linux Enterprise Server: streams are service packs, the first release without one. */
export const sles = {
  id: 'sles',
  alsoKnownAs: ['sles_sap', 'sle_hpc'],
  title: 'SUSE Linux Enterprise Server',
  ecosystem: 'rpm',
  sources: ['https://www.suse.com/support/update/', 'https://www.suse.com/lifecycle'],
  releases,
  cycleOf: serviceOf,
  keysOf(pkg, os) {
    const cycle = serviceOf(os);
    return cycle === null ? [] : [binaryKey(pkg, `sles:${cycle.replace(/\.0$/, '')}`)];
  },
  setAside: setAsideRpmKernel,
  fixCommand: zypperUpdate,
} satisfies Distro;
