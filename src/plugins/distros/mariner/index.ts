import { tdnfUpdate } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideRpmKernel } from '../kernels.ts';
import { majorMinorOf, majorOf, sourceKey } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/** CBL-Mariner, as Azure Linux was called up to 2.0: its OVAL data names source packages. */
export const mariner = {
  id: 'mariner',
  alsoKnownAs: [],
  title: 'CBL-Mariner',
  ecosystem: 'rpm',
  sources: ['https://github.com/microsoft/AzureLinuxVulnerabilityData'],
  releases,
  cycleOf: majorMinorOf,
  keysOf(pkg, os) {
    const cycle = majorMinorOf(os);
    return cycle === null ? [] : [sourceKey(pkg, `mariner:${majorOf(os)}`)];
  },
  setAside: setAsideRpmKernel,
  fixCommand: tdnfUpdate,
} satisfies Distro;
