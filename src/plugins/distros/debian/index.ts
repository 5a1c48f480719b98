import type { OsRelease } from '../../../model/os-release.ts';
import { aptUpgrade } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { debKernelSource, setAsideDebKernel } from '../kernels.ts';
import { majorOf, sourceKey } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/** Debian: streams are major releases; the tracker names source packages. */
export const debian = {
  id: 'debian',
  alsoKnownAs: [],
  title: 'Debian GNU/Linux',
  ecosystem: 'deb',
  sources: ['https://security-tracker.debian.org/tracker/', 'https://www.debian.org/releases/'],
  releases,
  cycleOf,
  keysOf(pkg, os) {
    const cycle = cycleOf(os);
    if (cycle === null) return [];
    const stream = `debian:${cycle}`;
    const kernel = debKernelSource(pkg);
    return kernel === null ? [sourceKey(pkg, stream)] : [{ stream, ...kernel }];
  },
  rating: {
    source: 'debian',
    isLabelFirst: false,
    pageOf: (id) => `https://security-tracker.debian.org/tracker/${id}`,
  },
  setAside: setAsideDebKernel,
  fixCommand: aptUpgrade,
} satisfies Distro;

// Testing and unstable have no VERSION_ID: the codename tells, or the pretty name (`trixie/sid`).
function cycleOf(os: OsRelease): string | null {
  const major = majorOf(os);
  if (major !== null) return major;
  const codename = os.codename ?? /\b([a-z]+)(?:\/sid)?$/.exec(os.prettyName ?? '')?.[1];
  return releases.find((release) => release.codename === codename)?.cycle ?? null;
}
