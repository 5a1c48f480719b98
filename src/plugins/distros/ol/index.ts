import { redHatUpgrade } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideRpmKernel } from '../kernels.ts';
import { binaryKey, majorOf } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/**
 * Oracle Linux: streams are major releases; its kernel (UEK) is a package of another name. Ksplice and certified (FIPS)
 * builds have version lines of their own and are only comparable inside those.
 */
export const ol = {
  id: 'ol',
  alsoKnownAs: [],
  title: 'Oracle Linux',
  ecosystem: 'rpm',
  sources: [
    'https://linux.oracle.com/security/',
    'https://www.oracle.com/a/ocom/docs/elsp-lifetime-069338.pdf',
  ],
  releases,
  cycleOf: majorOf,
  keysOf(pkg, os) {
    const cycle = majorOf(os);
    return cycle === null ? [] : [binaryKey(pkg, `ol:${cycle}${lineOf(pkg.version)}`)];
  },
  setAside: setAsideRpmKernel,
  fixCommand: redHatUpgrade,
} satisfies Distro;

function lineOf(version: string): string {
  if (version.includes('.ksplice')) return ':ksplice';
  return /[._]fips/.test(version) ? ':fips' : '';
}
