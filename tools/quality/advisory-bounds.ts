import type { AffectedRange } from '../../src/model/advisory.ts';
import {
  anyOf,
  composerDialect,
  type Dialect,
  gemDialect,
  npmDialect,
} from '../../src/plugins/feeds/constraints.ts';
import { type Interval, intervalAlgebra, rangesOf } from '../../src/plugins/feeds/intervals.ts';
import type { VersionScheme } from '../../src/versions/contract.ts';
import { versionScheme } from '../../src/versions/registry.ts';

/** Bounds in the words of GitHub's and GitLab's databases and of ruby-advisory-db. */
export type AdvisoryBounds = {
  readonly vulnerable: readonly string[];
  /** Bare versions, or requirements that every fixed version fulfils. */
  readonly patched: readonly string[];
  readonly unaffected: readonly string[];
};

/**
 * The affected ranges that an advisory means: what it calls vulnerable, or else everything, without what it calls
 * patched or unaffected. Null when a constraint cannot be read, or nothing is bounded at all.
 */
export function affectedRanges(
  bounds: AdvisoryBounds,
  { stream, scheme: schemeId }: { readonly stream: string; readonly scheme: string },
): readonly AffectedRange[] | null {
  const scheme = versionScheme(schemeId);
  if (scheme === null) return null;
  const dialect = dialects[stream] ?? { scheme: schemeId, comparison: composerDialect.comparison };
  const algebra = intervalAlgebra(scheme, schemeId);
  const patched = bounds.patched.filter((text) => text !== '');
  const isBounded = bounds.vulnerable.length + patched.length + bounds.unaffected.length > 0;
  const vulnerable = union(bounds.vulnerable, dialect);
  const safe = union([...patched, ...bounds.unaffected], dialect);
  if (!isBounded || vulnerable === null || safe === null) return null;
  const outside = algebra.complement(safe);
  if ('why' in outside) return null;
  const rest = bounds.vulnerable.length === 0 ? outside : algebra.intersect(vulnerable, outside);
  if ('why' in rest) return null;
  return rangesOf(rest, schemeId).map((range) => withFix(range, patched, scheme));
}

// Elsewhere advisories only use plain comparisons.
const dialects: Readonly<Record<string, Dialect>> = { npm: npmDialect, gem: gemDialect };

const everything: Interval = { low: null, lowOpen: false, high: null, highOpen: false };

function union(texts: readonly string[], dialect: Dialect): readonly Interval[] | null {
  const found: Interval[] = [];
  for (const text of texts) {
    const intervals =
      text === '' || text === '*'
        ? [everything]
        : /^[[(]/.test(text)
          ? mavenIntervals(text)
          : anyOf(text, dialect);
    if (intervals === null || 'why' in intervals) return null;
    found.push(...intervals);
  }
  return found;
}

// `[2.9.0,2.9.10.7)` and `(,1.2.3]`, several parted by commas.
function mavenIntervals(text: string): readonly Interval[] | null {
  const found: Interval[] = [];
  for (const [, open, low, comma, high, close] of text.matchAll(/([[(])([^,\])]*)(,?)([^\])]*)([\])])/g)) {
    const first = low?.trim() || null;
    const last = comma === '' ? first : high?.trim() || null;
    found.push({ low: first, lowOpen: open === '(', high: last, highOpen: close === ')' });
  }
  return found.length > 0 ? found : null;
}

// Databases that bound what is affected by its last version name the first fixed one beside.
function withFix(range: AffectedRange, patched: readonly string[], scheme: VersionScheme): AffectedRange {
  const { introduced, lastAffected } = range;
  // A version named by itself has no neighbours.
  if (lastAffected === null || introduced === lastAffected) return range;
  const above = patched.filter((version) => scheme.compare(version, lastAffected) === 1);
  const fixed = above.sort((a, b) => Number(scheme.compare(a, b)))[0] ?? null;
  return fixed === null ? range : { ...range, fixed, lastAffected: null };
}
