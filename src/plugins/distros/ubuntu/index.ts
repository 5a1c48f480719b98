import type { Package } from '../../../model/package.ts';
import { aptUpgrade } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { debKernelSource, setAsideDebKernel } from '../kernels.ts';
import { majorMinorOf, namedKey, sourceKey } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/**
 * Ubuntu: the tracker names sources, security notices the binaries that they mend, which is nearer to the package.
 * Streams are releases and, inside them, the pockets of Ubuntu Pro. Which of the two ESM pockets a package
 * belongs to is not written in it, so both are asked; only one of them knows it.
 */
export const ubuntu = {
  id: 'ubuntu',
  alsoKnownAs: [],
  title: 'Ubuntu',
  ecosystem: 'deb',
  sources: [
    'https://ubuntu.com/security/cves',
    'https://wiki.ubuntu.com/Releases',
    'https://ubuntu.com/security/esm',
  ],
  releases,
  cycleOf: majorMinorOf,
  keysOf(pkg, os) {
    const cycle = majorMinorOf(os);
    if (cycle === null) return [];
    const subject = debKernelSource(pkg) ?? sourceKey(pkg, '');
    return pocketsOf(pkg).flatMap((pocket) => {
      const stream = pocket === '' ? `ubuntu:${cycle}` : `ubuntu:${cycle}:${pocket}`;
      const named = namedKey(pkg, stream);
      const whole = { stream, name: subject.name, version: subject.version };
      return named === null ? [whole] : [named, whole];
    });
  },
  rating: { source: 'ubuntu', isLabelFirst: true, pageOf: (id) => `https://ubuntu.com/security/${id}` },
  setAside: setAsideDebKernel,
  fixCommand: aptUpgrade,
} satisfies Distro;

// A certified build is only comparable with others of its pocket; an ESM build is judged by its own line first;
// anything else by the release, with the fixes of ESM behind it.
function pocketsOf(pkg: Package): readonly string[] {
  const version = pkg.source?.version ?? pkg.version;
  if (/fips/i.test(version) || /fips/.test(pkg.source?.name ?? pkg.name)) return ['fips-updates', 'fips'];
  const esm = ['esm-infra', 'esm-apps'];
  return /esm/.test(version) ? [...esm, ''] : ['', ...esm];
}
