import { apkUpgrade } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideApkKernel } from '../kernels.ts';
import { sourceKey } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/** MinimOS: a rolling distribution, so it has one stream. */
export const minimos = {
  id: 'minimos',
  alsoKnownAs: [],
  title: 'MinimOS',
  ecosystem: 'apk',
  sources: ['https://packages.mini.dev/advisories/secdb/security.json'],
  releases,
  cycleOf: () => 'rolling',
  keysOf: (pkg) => [sourceKey(pkg, 'minimos')],
  setAside: setAsideApkKernel,
  fixCommand: apkUpgrade,
} satisfies Distro;
