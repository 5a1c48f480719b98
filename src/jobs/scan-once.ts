import type { Intelligence } from '../intel/contract.ts';
import type { Inventory } from '../model/inventory.ts';
import type { Subject, Verdict } from '../model/match.ts';
import type { Package } from '../model/package.ts';
import { type Problem, problem } from '../model/problem.ts';
import type { Resource } from '../model/resource.ts';
import { judge } from '../pipeline/match/match.ts';
import { isAssessed, mainStream, prepare } from '../pipeline/match/subject.ts';
import { type Rating, rate } from '../pipeline/score/score.ts';
import { distroFor } from '../plugins/distros/registry.ts';

/** The verdicts of one scan, without a service: what `openinspector scan` prints. */
export type ScanReport = {
  readonly resource: Resource;
  readonly inventory: Inventory;
  readonly findings: readonly ReportFinding[];
  /** Packages that are listed and not judged here, with the reason. */
  readonly setAside: readonly { readonly purl: string; readonly why: string }[];
  readonly problems: readonly Problem[];
  readonly revision: string;
  readonly isStarter: boolean;
};

/** One vulnerability in one package. */
export type ReportFinding = {
  readonly package: Package;
  readonly verdict: Verdict;
  readonly rating: Rating;
  readonly isKnownExploited: boolean;
  readonly epss: number | null;
  readonly title: string | null;
};

/** Judges and rates an inventory. Sorted worst first: severity, then score, then id and package. */
export function judgeInventory(
  resource: Resource,
  inventory: Inventory,
  intelligence: Intelligence,
): ScanReport {
  const findings: ReportFinding[] = [];
  const setAside: { purl: string; why: string }[] = [];
  const problems: Problem[] = [...inventory.problems];
  const gaps = new Map<string, number>();
  const unassessed = new Map<string, number>();
  const undetermined = new Map<string, string>();
  const vendor = inventory.os ? (distroFor(inventory.os)?.rating ?? null) : null;
  // One package version may stand in many places; it is judged once.
  const judged = new Map<string, readonly Verdict[]>();
  for (const pkg of inventory.packages) {
    const prepared = prepare(pkg, inventory.os, inventory.facts);
    if (prepared.kind === 'set-aside') {
      if (prepared.isGap) gaps.set(prepared.why, (gaps.get(prepared.why) ?? 0) + 1);
      setAside.push({ purl: pkg.purl, why: prepared.why });
      continue;
    }
    const { subject, digest } = prepared;
    countUnassessed(subject, intelligence, unassessed);
    const verdicts = judged.get(digest) ?? judge(subject, intelligence);
    judged.set(digest, verdicts);
    for (const verdict of verdicts) {
      if (verdict.result === 'undetermined') {
        undetermined.set(`${verdict.vulnerability} in ${pkg.purl}`, verdict.proof.reason);
      }
      if (verdict.result !== 'affected') continue;
      const vulnerability = intelligence.vulnerability(verdict.vulnerability);
      findings.push({
        package: pkg,
        verdict,
        rating: rate(verdict, vulnerability, subject.distro === null ? null : vendor),
        isKnownExploited: (vulnerability?.kev ?? null) !== null,
        epss: vulnerability?.epss?.score ?? null,
        title: vulnerability?.title ?? null,
      });
    }
  }
  for (const [why, count] of gaps) problems.push(problem('not-assessed', `${count} packages`, why));
  for (const [stream, count] of unassessed) {
    problems.push(
      problem(
        'not-assessed',
        `${count} packages of ${stream}`,
        `no feed of this revision assesses ${stream}`,
      ),
    );
  }
  for (const [where, why] of undetermined) problems.push(problem('not-assessed', where, why));
  findings.sort(worstFirst);
  const { revision, isStarter } = intelligence.meta;
  return { resource, inventory, findings, setAside, problems, revision, isStarter };
}

function countUnassessed(subject: Subject, intelligence: Intelligence, counts: Map<string, number>): void {
  if (isAssessed(subject, intelligence)) return;
  const stream = mainStream(subject);
  counts.set(stream, (counts.get(stream) ?? 0) + 1);
}

const rank = { CRITICAL: 0, HIGH: 1, MEDIUM: 2, LOW: 3, UNTRIAGED: 4, INFORMATIONAL: 5 } as const;

function worstFirst(a: ReportFinding, b: ReportFinding): number {
  return (
    rank[a.rating.severity] - rank[b.rating.severity] ||
    (b.rating.score ?? -1) - (a.rating.score ?? -1) ||
    compareText(b.verdict.vulnerability, a.verdict.vulnerability) ||
    compareText(a.package.purl, b.package.purl)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
