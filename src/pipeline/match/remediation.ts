import type { Intelligence } from '../../intel/contract.ts';
import type { InventoryFacts } from '../../model/inventory.ts';
import type { Subject, Verdict } from '../../model/match.ts';
import type { Package } from '../../model/package.ts';
import { judge } from './match.ts';
import { isBelow } from './statement.ts';
import { binaryVersion, type Upgrade, upgradeFor } from './upgrade.ts';

/** A package of an inventory with what was judged of it. */
export type JudgedPackage = {
  readonly package: Package;
  readonly subject: Subject;
  readonly verdicts: readonly Verdict[];
};

/** What to do about one package. */
export type Remediation = {
  readonly package: Package;
  /** The lowest version that ends every vulnerability that can be ended, or null when no fix is known for any. */
  readonly version: string | null;
  /** Vulnerabilities that the version ends, by id. */
  readonly ended: readonly string[];
  /** Those that it does not: no fix is known for them, or the version has them anew. */
  readonly remaining: readonly string[];
  /** The command that installs it, or null when there is none to give. */
  readonly command: string | null;
  /** The dependency of the project to raise, for a package that another one brings; null otherwise. */
  readonly raise: string | null;
  /** What to know besides, a sentence each. */
  readonly notes: readonly string[];
};

/** How often a fix may turn out to need a later one. */
const roundsMax = 20;

/**
 * What to do about each affected package, those first that end most. Pure but for look-ups. A version is only
 * proposed when it was judged itself: fixes of later vulnerabilities are sought until none is left that has one.
 */
export function remediate(
  judged: readonly JudgedPackage[],
  facts: InventoryFacts,
  intelligence: Intelligence,
): readonly Remediation[] {
  const remediations = judged.flatMap((item) => remedyOf(item, facts, intelligence) ?? []);
  return remediations.sort(
    (a, b) => b.ended.length - a.ended.length || (a.package.purl < b.package.purl ? -1 : 1),
  );
}

function remedyOf(
  { package: pkg, subject, verdicts }: JudgedPackage,
  facts: InventoryFacts,
  intelligence: Intelligence,
): Remediation | null {
  const affected = affectedOf(verdicts);
  if (affected.length === 0) return null;
  const target = lowestFix(subject, affected, intelligence);
  const left = new Set(target === null ? idsOf(affected) : idsOf(target.left));
  const upgrade = upgradeFor(pkg, subject, target?.version ?? null);
  return {
    package: pkg,
    version: target === null ? null : (binaryVersion(pkg, subject, target.version) ?? target.version),
    ended: idsOf(affected).filter((id) => !left.has(id)),
    remaining: [...left].sort(),
    command: upgrade.command,
    raise: upgrade.raise,
    notes: [...upgrade.notes, ...notesOf(pkg, facts, upgrade)],
  };
}

function affectedOf(verdicts: readonly Verdict[]): readonly Verdict[] {
  return verdicts.filter(({ result }) => result === 'affected');
}

function idsOf(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.map(({ vulnerability }) => vulnerability).sort();
}

type Target = { readonly version: string; readonly left: readonly Verdict[] };

// Each round goes to the highest fix of what is left; what has no fix does not hold it back.
function lowestFix(
  subject: Subject,
  affected: readonly Verdict[],
  intelligence: Intelligence,
): Target | null {
  let target: Target | null = null;
  let left = affected;
  for (let round = 0; round < roundsMax; round++) {
    const version = highestFix(left, target?.version ?? null);
    if (version === null) break;
    left = affectedOf(judge(atVersion(subject, version), intelligence));
    target = { version, left };
  }
  return target;
}

// The highest fix above the version that was reached, so that every round goes up.
function highestFix(affected: readonly Verdict[], reached: string | null): string | null {
  let highest = reached;
  for (const { fixedVersion, proof } of affected) {
    if (fixedVersion === null) continue;
    if (highest === null || isBelow(highest, fixedVersion, proof.scheme)) highest = fixedVersion;
  }
  return highest === reached ? null : highest;
}

// Binary and source versions go together, so the fixed one is that of every key.
function atVersion(subject: Subject, version: string): Subject {
  return { ...subject, version, keys: subject.keys.map((key) => ({ ...key, version })) };
}

function notesOf(pkg: Package, facts: InventoryFacts, { version }: Upgrade): readonly string[] {
  const notes: string[] = [];
  if (version !== null && /esm|fips/i.test(version))
    notes.push('The fixed version is only delivered to subscribers of extended maintenance (Ubuntu Pro).');
  if (isOfBase(pkg, facts)) {
    notes.push('It comes with the base image: a newer base image brings the fix to everything built on it.');
  }
  return notes;
}

// Every copy lies in the bottom layer.
function isOfBase(pkg: Package, { layers }: InventoryFacts): boolean {
  const base = layers[0];
  return (
    layers.length > 1 &&
    pkg.evidence.length > 0 &&
    pkg.evidence.every(({ layer }) => layer !== null && layer === base)
  );
}
