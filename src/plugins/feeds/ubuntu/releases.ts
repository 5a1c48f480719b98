import releases from './releases.json' with { type: 'json' };

export type UbuntuRelease = {
  readonly codename: string;
  readonly version: string;
  /** Last day of standard (free) maintenance. */
  readonly standardUntil: string;
};

const byCodename = new Map<string, UbuntuRelease>(releases.map((release) => [release.codename, release]));

/** A release by its code name, or null for one that we do not know. */
export function releaseOf(codename: string): UbuntuRelease | null {
  return byCodename.get(codename) ?? null;
}

/** The release after the newest of these code names, which is what the tracker calls `devel`; null when unknown. */
export function releaseAfter(codenames: ReadonlySet<string>): UbuntuRelease | null {
  const newest = releases.findLastIndex((release) => codenames.has(release.codename));
  return newest < 0 ? null : (releases[newest + 1] ?? null);
}
