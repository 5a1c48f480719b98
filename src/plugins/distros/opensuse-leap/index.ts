import { zypperUpdate } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideRpmKernel } from '../kernels.ts';
import { binaryKey, majorMinorOf } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/** openSUSE Leap: streams are minor releases; up to 42.x it called itself `opensuse`. */
export const opensuseLeap = {
  id: 'opensuse-leap',
  alsoKnownAs: ['opensuse'],
  title: 'openSUSE Leap',
  ecosystem: 'rpm',
  sources: ['https://www.suse.com/support/update/', 'https://en.opensuse.org/Lifetime'],
  releases,
  cycleOf: majorMinorOf,
  keysOf(pkg, os) {
    const cycle = majorMinorOf(os);
    return cycle === null ? [] : [binaryKey(pkg, `opensuse:leap:${cycle}`)];
  },
  setAside: setAsideRpmKernel,
  fixCommand: zypperUpdate,
} satisfies Distro;
