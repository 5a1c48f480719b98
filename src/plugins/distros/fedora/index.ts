import { dnfUpgrade } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideRpmKernel } from '../kernels.ts';
import { binaryKey, majorOf } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/** Fedora Linux: streams are releases, judged by its own updates. */
export const fedora = {
  id: 'fedora',
  alsoKnownAs: [],
  title: 'Fedora Linux',
  ecosystem: 'rpm',
  sources: ['https://bodhi.fedoraproject.org/', 'https://docs.fedoraproject.org/en-US/releases/lifecycle/'],
  releases,
  cycleOf: majorOf,
  keysOf(pkg, os) {
    const cycle = majorOf(os);
    return cycle === null ? [] : [binaryKey(pkg, `fedora:${cycle}`)];
  },
  setAside: setAsideRpmKernel,
  fixCommand: dnfUpgrade,
} satisfies Distro;
