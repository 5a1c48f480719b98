import { apkUpgrade } from '../commands.ts';
import type { Distro } from '../contract.ts';
import { setAsideApkKernel } from '../kernels.ts';
import { sourceKey } from '../streams.ts';
import releases from './releases.json' with { type: 'json' };

/** Chainguard OS: a rolling distribution, so it has one stream; its VERSION_ID is only the date of the base layout. */
export const chainguard = {
  id: 'chainguard',
  alsoKnownAs: [],
  title: 'Chainguard OS',
  ecosystem: 'apk',
  sources: ['https://packages.cgr.dev/chainguard/security.json'],
  releases,
  cycleOf: () => 'rolling',
  keysOf: (pkg) => [sourceKey(pkg, 'chainguard')],
  setAside: setAsideApkKernel,
  fixCommand: apkUpgrade,
} satisfies Distro;
