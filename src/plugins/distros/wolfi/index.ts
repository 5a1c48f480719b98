import { apkUpgrade } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideApkKernel } from '../kernels.ts';
import { sourceKey } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/** Wolfi: a rolling distribution, so it has one stream; its VERSION_ID is only the date of the base layout. */
export const wolfi = {
  id: 'wolfi',
  alsoKnownAs: [],
  title: 'Wolfi',
  ecosystem: 'apk',
  sources: ['https://packages.wolfi.dev/os/security.json'],
  releases,
  cycleOf: () => 'rolling',
  keysOf: (pkg) => [sourceKey(pkg, 'wolfi')],
  setAside: setAsideApkKernel,
  fixCommand: apkUpgrade,
} satisfies Distro;
