import { tdnfUpdate } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideRpmKernel } from '../kernels.ts';
import { majorMinorOf, sourceKey } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/** Photon OS: streams are releases; its CVE metadata names source packages. */
export const photon = {
  id: 'photon',
  alsoKnownAs: [],
  title: 'Photon OS',
  ecosystem: 'rpm',
  sources: ['https://packages.broadcom.com/photon/photon_cve_metadata/', 'https://vmware.github.io/photon/'],
  releases,
  cycleOf: majorMinorOf,
  keysOf(pkg, os) {
    const cycle = majorMinorOf(os);
    return cycle === null ? [] : [sourceKey(pkg, `photon:${cycle}`)];
  },
  setAside: setAsideRpmKernel,
  fixCommand: tdnfUpdate,
} satisfies Distro;
