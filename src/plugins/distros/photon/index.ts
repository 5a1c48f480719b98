import { tdnfUpdate } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideRpmKernel } from '../kernels.ts';
import { bothKeys, majorMinorOf, majorOf } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/** Photon OS: streams are major releases; its OVAL data lists binaries, its CVE metadata names sources. */
export const photon = {
  id: 'photon',
  alsoKnownAs: [],
  title: 'Photon OS',
  ecosystem: 'rpm',
  sources: [
    'https://packages.broadcom.com/photon/photon_oval_definitions/',
    'https://vmware.github.io/photon/',
  ],
  releases,
  cycleOf: majorMinorOf,
  keysOf(pkg, os) {
    const cycle = majorMinorOf(os);
    return cycle === null ? [] : bothKeys(pkg, `photon:${majorOf(os)}`);
  },
  setAside: setAsideRpmKernel,
  fixCommand: tdnfUpdate,
} satisfies Distro;
