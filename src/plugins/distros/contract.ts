import type { InventoryFacts } from '../../model/inventory.ts';
import type { SubjectKey } from '../../model/match.ts';
import type { OsRelease } from '../../model/os-release.ts';
import type { Package } from '../../model/package.ts';

/** A Linux distribution: which streams judge its packages, and how they are mended. Pure. */
export type Distro = {
  /** os-release `ID` and the folder's name. */
  readonly id: string;
  /** Other `ID`s that are the same distribution for our purpose. */
  readonly alsoKnownAs: readonly string[];
  readonly title: string;
  /** The ecosystem of its own packages: `deb`, `rpm`, `apk`. */
  readonly ecosystem: string;
  readonly sources: readonly string[];
  /** Releases known here, for end of life; from a data file beside the plugin. */
  readonly releases: readonly DistroRelease[];
  /** The release cycle of an os-release (`12`, `22.04`, `3.19`, `9`), or null when it cannot be told. */
  cycleOf(os: OsRelease): string | null;
  /** How its own ratings count; without it they count like anyone's. */
  readonly rating?: VendorRating;
  /** The keys that intelligence may know a system package under, most specific first. */
  keysOf(pkg: Package, os: OsRelease): readonly SubjectKey[];
  /** Why a package must not be judged on this resource (a kernel that is not running), or null. */
  setAside(pkg: Package, facts: InventoryFacts): string | null;
  /** The command that brings a binary package to a fixed version; null: to the newest that there is. */
  fixCommand(packageName: string, fixedVersion: string | null): string;
};

export type DistroRelease = {
  readonly cycle: string;
  readonly codename: string | null;
  /** Days, ISO 8601; null when not announced. `supportEnds` is when free security updates end. */
  readonly released: string | null;
  readonly supportEnds: string | null;
  /** When paid or community extended support ends. */
  readonly extendedEnds: string | null;
};

/** Which ratings are the distribution's own, and whether its word outranks numbers. */
export type VendorRating = {
  /** `source` of its CVSS ratings and severity labels: `debian`, `ubuntu`, `redhat`, `amazon`. */
  readonly source: string;
  /** The vendor rates on a scale of its own, so its label decides the severity before any CVSS number does. */
  readonly isLabelFirst: boolean;
  /** The vendor's page on a vulnerability. */
  readonly pageOf?: (vulnerabilityId: string) => string;
};
