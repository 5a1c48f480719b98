import type { OsRelease } from '../../model/os-release.ts';
import { almalinux } from './almalinux/index.ts';
import { alpaquita } from './alpaquita/index.ts';
import { alpine } from './alpine/index.ts';
import { amzn } from './amzn/index.ts';
import { azurelinux } from './azurelinux/index.ts';
import { centos } from './centos/index.ts';
import { chainguard } from './chainguard/index.ts';
import type { Distro } from './contract.ts';
import { debian } from './debian/index.ts';
import { fedora } from './fedora/index.ts';
import { mariner } from './mariner/index.ts';
import { minimos } from './minimos/index.ts';
import { ol } from './ol/index.ts';
import { opensuseLeap } from './opensuse-leap/index.ts';
import { opensuseTumbleweed } from './opensuse-tumbleweed/index.ts';
import { photon } from './photon/index.ts';
import { rhel } from './rhel/index.ts';
import { rocky } from './rocky/index.ts';
import { sleMicro } from './sle-micro/index.ts';
import { sles } from './sles/index.ts';
import { ubuntu } from './ubuntu/index.ts';
import { wolfi } from './wolfi/index.ts';

/** Every distribution whose packages can be judged, by id. */
export const distros: readonly Distro[] = [
  almalinux,
  alpaquita,
  alpine,
  amzn,
  azurelinux,
  centos,
  chainguard,
  debian,
  fedora,
  mariner,
  minimos,
  ol,
  opensuseLeap,
  opensuseTumbleweed,
  photon,
  rhel,
  rocky,
  sleMicro,
  sles,
  ubuntu,
  wolfi,
];

const byName = new Map(
  distros.flatMap((distro) => [distro.id, ...distro.alsoKnownAs].map((name) => [name, distro])),
);

/**
 * The distribution of an os-release, or null when we know none. `ID_LIKE` is not enough: a derivative builds its
 * packages with versions of its own, which the parent's advisories do not describe.
 */
export function distroFor(os: OsRelease): Distro | null {
  return byName.get(os.id) ?? null;
}

const byId = new Map(distros.map((distro) => [distro.id, distro]));

/** The distribution of an id, or null. */
export function distro(id: string): Distro | null {
  return byId.get(id) ?? null;
}
