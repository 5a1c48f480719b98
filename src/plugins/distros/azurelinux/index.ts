import { tdnfUpdate } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideRpmKernel } from '../kernels.ts';
import { majorMinorOf, majorOf, sourceKey } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/** Azure Linux since 3.0: its OVAL data names source packages. */
export const azurelinux = {
  id: 'azurelinux',
  alsoKnownAs: [],
  title: 'Azure Linux',
  ecosystem: 'rpm',
  sources: ['https://github.com/microsoft/AzureLinuxVulnerabilityData'],
  releases,
  cycleOf: majorMinorOf,
  keysOf(pkg, os) {
    const cycle = majorMinorOf(os);
    return cycle === null ? [] : [sourceKey(pkg, `azurelinux:${majorOf(os)}`)];
  },
  setAside: setAsideRpmKernel,
  fixCommand: tdnfUpdate,
} satisfies Distro;
