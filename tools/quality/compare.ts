import type { Case, Expected, Finding } from './case.ts';

/** What came out of one case. Texts name findings as `package installed vulnerability fix`. */
export type Outcome = {
  readonly truePositives: number;
  readonly falsePositives: readonly string[];
  readonly falseNegatives: readonly string[];
  /** The same by vulnerability, as findings are recorded: one for a case, whatever number of packages have it. */
  readonly flaws: Counts;
};

/**
 * Runs a case and compares it as sets. A finding with another fix than the expected one counts as missing, and the one
 * that we made as wrong.
 */
export async function runCase(given: Case): Promise<Outcome> {
  const found = new Map((await given.run()).map((finding) => [keyOf(finding), finding]));
  const falseNegatives: string[] = [];
  const falsePositives: string[] = [];
  let truePositives = 0;
  const flaws = { right: new Set<string>(), wrong: new Set<string>(), missing: new Set<string>() };
  const expected = new Map(given.expected.map((item) => [keyOf(item), item]));
  for (const [key, item] of expected) {
    const finding = found.get(key);
    found.delete(key);
    (finding === undefined ? flaws.missing : flaws.right).add(item.vulnerability);
    if (finding !== undefined && hasFix(finding.fixed, item.fixed)) truePositives += 1;
    else {
      const why = given.whyNot === undefined ? '' : ` (${given.whyNot(item)})`;
      falseNegatives.push(`${key} ${fixText(item.fixed)}`.trim() + why);
      if (finding !== undefined) falsePositives.push(textOf(finding));
    }
  }
  for (const finding of found.values()) {
    if (!given.isWrong(finding)) continue;
    falsePositives.push(textOf(finding));
    flaws.wrong.add(finding.vulnerability);
  }
  return {
    truePositives,
    falsePositives: falsePositives.sort(),
    falseNegatives: falseNegatives.sort(),
    flaws: flawCounts(flaws),
  };
}

type Flaws = Readonly<Record<'right' | 'wrong' | 'missing', ReadonlySet<string>>>;

// One package that is right, or expected, makes the vulnerability so.
function flawCounts({ right, wrong, missing }: Flaws): Counts {
  const isNew = (id: string) => !right.has(id);
  return {
    truePositives: right.size,
    falsePositives: [...wrong].filter((id) => isNew(id) && !missing.has(id)).length,
    falseNegatives: [...missing].filter(isNew).length,
  };
}

function keyOf({ package: name, installed, vulnerability }: Omit<Finding, 'fixed'>): string {
  return `${name} ${installed} ${vulnerability}`;
}

function textOf(finding: Finding): string {
  return `${keyOf(finding)} ${fixText(finding.fixed === null ? null : [finding.fixed])}`.trim();
}

function fixText(fixed: Expected['fixed']): string {
  return fixed === undefined ? '' : fixed === null ? 'no fix' : `fixed in ${fixed.join(' or ')}`;
}

function hasFix(ours: string | null, wanted: Expected['fixed']): boolean {
  if (wanted === undefined) return true;
  if (wanted === null || ours === null) return wanted === ours;
  return wanted.includes(ours);
}

/** Counts over any number of cases. */
export type Counts = {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
};

/** What came out of several cases, by package and vulnerability. */
export function countOf(outcomes: Iterable<Outcome>): Counts {
  return sumOf(
    [...outcomes].map(({ truePositives, falsePositives, falseNegatives }) => ({
      truePositives,
      falsePositives: falsePositives.length,
      falseNegatives: falseNegatives.length,
    })),
  );
}

/** Several counts as one. */
export function sumOf(counts: Iterable<Counts>): Counts {
  let [truePositives, falsePositives, falseNegatives] = [0, 0, 0];
  for (const one of counts) {
    truePositives += one.truePositives;
    falsePositives += one.falsePositives;
    falseNegatives += one.falseNegatives;
  }
  return { truePositives, falsePositives, falseNegatives };
}

export function precision({ truePositives, falsePositives }: Counts): number {
  return ratio(truePositives, truePositives + falsePositives);
}

export function recall({ truePositives, falseNegatives }: Counts): number {
  return ratio(truePositives, truePositives + falseNegatives);
}

/** The harmonic mean of the two; 1 where nothing was expected and nothing found. */
export function f1({ truePositives, falsePositives, falseNegatives }: Counts): number {
  return ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole;
}
