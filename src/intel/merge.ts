import type { CvssRating, ExploitEvidence, SeverityLabel, Vulnerability } from '../model/vulnerability.ts';
import type { VulnerabilityFacts } from '../plugins/feeds/contract.ts';

/** Most of each list that a vulnerability keeps; famous ones would fill pages. */
export const referencesMax = 100;
export const exploitsMax = 60;
export const exploitsPerSourceMax = 20;

/** What one feed said of one id. */
export type FactsFrom = {
  /** Place of the feed in the order of preference; 0 first. */
  readonly preference: number;
  readonly facts: Omit<VulnerabilityFacts, 'kind'>;
};

/**
 * One vulnerability out of all that was said under any of its ids. Ratings and labels stay apart by who gave them.
 * Texts come from the first feed that has them, then from the newest record. EPSS is kept elsewhere and left null.
 * The outcome does not depend on the order of `told`.
 */
export function mergeFacts(
  names: { readonly id: string; readonly aliases: readonly string[] },
  told: readonly FactsFrom[],
): Vulnerability {
  const all = told.toSorted(compareFacts).map(({ facts }) => facts);
  return {
    id: names.id,
    aliases: names.aliases,
    title: first(all, (facts) => facts.title),
    description: first(all, (facts) => facts.description),
    cvss: distinct(
      all.flatMap((facts) => facts.cvss ?? []),
      ratingKey,
    ),
    labels: distinct(
      all.flatMap((facts) => facts.labels ?? []),
      labelKey,
    ),
    cwes: [...new Set(all.flatMap((facts) => facts.cwes ?? []))].sort(),
    published: earliest(all.map((facts) => facts.published)),
    modified: latest(all.map((facts) => facts.modified)),
    references: [...new Set(all.flatMap((facts) => facts.references ?? []))].slice(0, referencesMax),
    kev: first(all, (facts) => facts.kev),
    epss: null,
    exploits: exploitsOf(all),
    ssvc: first(all, (facts) => facts.ssvc),
    withdrawn: withdrawnOf(all),
  };
}

function compareFacts(left: FactsFrom, right: FactsFrom): number {
  return (
    left.preference - right.preference ||
    compareText(right.facts.modified ?? '', left.facts.modified ?? '') ||
    compareText(left.facts.id, right.facts.id) ||
    compareText(JSON.stringify(left.facts), JSON.stringify(right.facts))
  );
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

type Facts = FactsFrom['facts'];

function first<T>(all: readonly Facts[], pick: (facts: Facts) => T | undefined): T | null {
  for (const facts of all) {
    const value = pick(facts);
    if (value !== undefined) return value;
  }
  return null;
}

/** One source's rating in one version of CVSS stands once: the most direct and newest. */
function ratingKey({ source, version }: CvssRating): string {
  return `${source} ${version}`;
}

function labelKey({ source }: SeverityLabel): string {
  return source;
}

function distinct<T>(items: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const found = new Map<string, T>();
  for (const item of items) if (!found.has(keyOf(item))) found.set(keyOf(item), item);
  return [...found.entries()].sort(([left], [right]) => compareText(left, right)).map(([, item]) => item);
}

function earliest(times: readonly (string | undefined)[]): string | null {
  return times.reduce<string | null>(
    (best, time) => (time !== undefined && (best === null || time < best) ? time : best),
    null,
  );
}

function latest(times: readonly (string | undefined)[]): string | null {
  return times.reduce<string | null>(
    (best, time) => (time !== undefined && (best === null || time > best) ? time : best),
    null,
  );
}

function exploitsOf(all: readonly Facts[]): readonly ExploitEvidence[] {
  const found = distinct(
    all.flatMap((facts) => facts.exploits ?? []),
    ({ source, reference }) => `${source} ${reference}`,
  );
  const counts = new Map<string, number>();
  const kept = found.filter(({ source }) => {
    counts.set(source, (counts.get(source) ?? 0) + 1);
    return (counts.get(source) ?? 0) <= exploitsPerSourceMax;
  });
  return kept.slice(0, exploitsMax);
}

/**
 * A flaw is withdrawn when one of its ids was taken back and every id that some source describes was: a duplicate
 * that was withdrawn does not take the flaw with it, but older descriptions under a rejected CVE do not keep it.
 */
function withdrawnOf(all: readonly Facts[]): string | null {
  const withdrawn = new Map<string, string>();
  for (const { id, withdrawn: time } of all) {
    if (time !== undefined && time > (withdrawn.get(id) ?? '')) withdrawn.set(id, time);
  }
  if (withdrawn.size === 0) return null;
  const isLive = all.some(
    ({ id, title, description }) => !withdrawn.has(id) && (title !== undefined || description !== undefined),
  );
  return isLive ? null : latest([...withdrawn.values()]);
}
