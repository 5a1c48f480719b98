import { zypperUpdate } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideRpmKernel } from '../kernels.ts';
import { binaryKey } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/** openSUSE Tumbleweed: a rolling distribution, so it has one stream; its VERSION_ID is a snapshot's date. */
export const opensuseTumbleweed = {
  id: 'opensuse-tumbleweed',
  alsoKnownAs: [],
  title: 'openSUSE Tumbleweed',
  ecosystem: 'rpm',
  sources: ['https://www.suse.com/support/update/', 'https://get.opensuse.org/tumbleweed/'],
  releases,
  cycleOf: () => 'rolling',
  keysOf: (pkg) => [binaryKey(pkg, 'opensuse:tumbleweed')],
  setAside: setAsideRpmKernel,
  fixCommand: zypperUpdate,
} satisfies Distro;
