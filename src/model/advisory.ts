/** The key under which intelligence is kept and matching looks up: one package in one release stream. */
export type PackageKey = {
  /**
   * The stream: a distribution release (`debian:12`, `ubuntu:22.04`, `alpine:3.19`, `amzn:2023`, `rhel:9`,
   * `almalinux:9`, with a suffix for a stream inside it: `ubuntu:22.04:esm-apps`) or, for language packages, the
   * ecosystem id (`npm`, `pypi`).
   */
  readonly stream: string;
  /** Source package name for deb and apk, binary name for rpm, the normalised full coordinate for languages. */
  readonly name: string;
};

/** What one source says of one package in one stream. Kept in the vendor's own words as far as a status goes. */
export type Statement = {
  /** As the feed names it: `CVE-2024-3094`, `GHSA-…`, `TEMP-…`. Joined with its aliases when read. */
  readonly vulnerability: string;
  /** The advisory that published it (`DSA-5678-1`, `ALSA-2024:1234`, `GHSA-…`), or null. */
  readonly advisory: string | null;
  /** Id of the feed plugin. */
  readonly feed: string;
  /** The record inside the feed that says so, exact enough to find it again by hand. */
  readonly record: string;
  readonly status: StatementStatus;
  /** Version scheme (id in `versions/registry.ts`) that the bounds are written in. */
  readonly scheme: string;
  /** Affected when the version lies in any of them. Empty with status `affected` means every version. */
  readonly ranges: readonly AffectedRange[];
  /** Affected versions listed one by one, beside the ranges. */
  readonly versions: readonly string[];
  /** The vendor's own rating in the vendor's word (`unimportant`, `Important`, `medium`), or null. */
  readonly severity: string | null;
  /** Conditions beyond name and version; all must hold. Null when there is none. */
  readonly only: StatementCondition | null;
  /** The vendor's reason in a few words (`no-dsa: minor issue`, `ignored: end of life`), or null. */
  readonly note: string | null;
};

/**
 * `fixed`: affected below the fix. `affected`: affected, no fix known. `not-affected`: a negative statement, which
 * beats positive ones of the same feed. The others are affected too, with the vendor's plan beside it, except
 * `under-investigation` and `unknown`, which judge nothing.
 */
export type StatementStatus =
  | 'fixed'
  | 'affected'
  | 'not-affected'
  | 'under-investigation'
  | 'will-not-fix'
  | 'deferred'
  | 'end-of-life'
  | 'unknown';

/** Half-open: introduced <= v < fixed, or introduced <= v <= lastAffected. Null introduced: from the first version. */
export type AffectedRange = {
  readonly introduced: string | null;
  readonly fixed: string | null;
  readonly lastAffected: string | null;
};

export type StatementCondition = {
  /** Binary architectures that it holds for. */
  readonly arches: readonly string[] | null;
  /** rpm module `name:stream`. */
  readonly module: string | null;
  /** Binary package names that it holds for, where the key is a source package. */
  readonly binaries: readonly string[] | null;
};

/** Every version is affected. */
export const everyVersion: AffectedRange = { introduced: null, fixed: null, lastAffected: null };

/** Affected below `fixed`, from the first version on. */
export function below(fixed: string): AffectedRange {
  return { introduced: null, fixed, lastAffected: null };
}
