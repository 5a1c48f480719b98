import type { Intelligence } from '../../intel/contract.ts';
import type { PackageKey } from '../../model/advisory.ts';
import type { Inventory } from '../../model/inventory.ts';
import type { Subject, Verdict } from '../../model/match.ts';
import type { Package } from '../../model/package.ts';
import { ecosystem } from '../../plugins/ecosystems/registry.ts';
import { judge } from './match.ts';
import { isAssessed, mainStream, prepare } from './subject.ts';
import { stepOf, type Upgrade, upgradeFor } from './upgrade.ts';

export type ExplanationAnswer =
  /** At least one package is affected and reported. */
  | 'affected'
  /** Packages that the advisory names are there, and none of them is affected. */
  | 'not-affected'
  /** None of the packages that any advisory names is in the inventory. */
  | 'absent'
  /** Something that would be needed for an answer is missing. */
  | 'cannot-say';

export type Explanation = {
  readonly vulnerability: string;
  readonly aliases: readonly string[];
  readonly answer: ExplanationAnswer;
  /** One sentence that sums it up. */
  readonly reason: string;
  readonly packages: readonly ExplainedPackage[];
  /** Where intelligence speaks of the vulnerability at all, at most fifty keys. */
  readonly keys: readonly PackageKey[];
  /** What keeps the answer from being certain. */
  readonly gaps: readonly string[];
  readonly revision: string;
};

export type ExplainedPackage = {
  readonly purl: string;
  readonly evidence: Package['evidence'];
  readonly verdict: Verdict;
  /** False for a package that is listed and judged elsewhere or not at all; `setAside` says why. */
  readonly isReported: boolean;
  readonly setAside: string | null;
  /** What ends it, where it is affected and a fix is known. */
  readonly fix: Upgrade | null;
};

const keysShown = 50;

/**
 * Why a vulnerability is or is not found in an inventory, with the derivation for each package that any advisory of
 * it names. Pure but for look-ups. `keysOf` lists every key that speaks of the vulnerability.
 */
export function explain(
  vulnerabilityId: string,
  inventory: Inventory,
  intelligence: Intelligence,
  keysOf: (id: string) => readonly PackageKey[],
): Explanation {
  const id = intelligence.displayId(vulnerabilityId);
  const vulnerability = intelligence.vulnerability(id);
  const keys = keysOf(id);
  const packages: ExplainedPackage[] = [];
  const gaps = new Set<string>();
  for (const pkg of inventory.packages) {
    const prepared = prepare(pkg, inventory.os, inventory.facts);
    const setAside = prepared.kind === 'set-aside' ? prepared.why : null;
    if (prepared.kind === 'set-aside' && prepared.isGap) gaps.add(prepared.why);
    const subject = prepared.kind === 'subject' ? prepared.subject : upstreamSubject(pkg);
    if (!subject) continue;
    for (const verdict of judge(subject, intelligence)) {
      if (verdict.vulnerability !== id) continue;
      packages.push({
        purl: pkg.purl,
        evidence: pkg.evidence,
        verdict,
        isReported: setAside === null && verdict.result === 'affected',
        setAside,
        fix: verdict.result === 'affected' ? upgradeFor(pkg, subject.distro, stepOf(verdict)) : null,
      });
    }
    noteStreams(subject, intelligence, gaps);
  }
  for (const { where, why, kind } of inventory.problems)
    if (kind !== 'not-assessed') gaps.add(`${where}: ${why}`);
  const summary = conclude(id, packages, keys, [...gaps], vulnerability !== null);
  return {
    vulnerability: id,
    aliases: vulnerability?.aliases ?? [],
    ...summary,
    packages,
    keys: keys.slice(0, keysShown),
    gaps: [...gaps],
    revision: intelligence.meta.revision,
  };
}

// A language package that the distribution owns is not reported, and still explained by what upstream says.
function upstreamSubject(pkg: Package): Subject | null {
  const kind = ecosystem(pkg.ecosystem);
  if (!kind || kind.isSystem) return null;
  const stream = kind.streamOf?.(pkg.name) ?? pkg.ecosystem;
  const key = { stream, name: kind.normaliseName(pkg.name), version: pkg.version };
  return {
    ecosystem: pkg.ecosystem,
    name: pkg.name,
    version: pkg.version,
    arch: pkg.arch,
    keys: [key],
    module: null,
    distro: null,
  };
}

function noteStreams(subject: Subject, intelligence: Intelligence, gaps: Set<string>): void {
  if (isAssessed(subject, intelligence)) return;
  gaps.add(`no feed of this revision assesses ${mainStream(subject)}`);
}

function conclude(
  id: string,
  packages: readonly ExplainedPackage[],
  keys: readonly PackageKey[],
  gaps: readonly string[],
  isKnown: boolean,
): { readonly answer: ExplanationAnswer; readonly reason: string } {
  const reported = packages.filter(({ isReported }) => isReported);
  if (reported.length > 0) {
    const reason = `${reported.length} package${reported.length > 1 ? 's are' : ' is'} affected: ${reported[0]?.verdict.proof.reason}`;
    return { answer: 'affected', reason };
  }
  if (!isKnown && keys.length === 0) {
    return { answer: 'cannot-say', reason: `no source of this intelligence revision speaks of ${id}` };
  }
  const undetermined = packages.find(
    ({ verdict, setAside }) => verdict.result === 'undetermined' && setAside === null,
  );
  if (undetermined) return { answer: 'cannot-say', reason: undetermined.verdict.proof.reason };
  const setAside = packages.find((item) => item.verdict.result === 'affected' && item.setAside !== null);
  if (setAside)
    return { answer: 'not-affected', reason: `${setAside.purl} is set aside: ${setAside.setAside}` };
  if (packages.length > 0) return { answer: 'not-affected', reason: packages[0]?.verdict.proof.reason ?? '' };
  if (gaps.length > 0)
    return { answer: 'cannot-say', reason: `no package that it names was found, but ${gaps[0]}` };
  const names = [...new Set(keys.map(({ name }) => name))];
  const listed = names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');
  const reason =
    keys.length > 0
      ? `none of the packages that it names (${listed}) is there`
      : 'no package is named by any advisory of it';
  return { answer: keys.length > 0 ? 'absent' : 'cannot-say', reason };
}
