import type { Intelligence } from '../../intel/contract.ts';
import type { Inventory, InventoryFacts } from '../../model/inventory.ts';
import type { Subject, SubjectKey, Verdict } from '../../model/match.ts';
import type { Package } from '../../model/package.ts';
import { rebootNote } from '../../plugins/feeds/updateinfo.ts';
import type { BaseImage } from '../../plugins/targets/image.ts';
import { judge } from './match.ts';
import { isBelow } from './statement.ts';
import { prepare } from './subject.ts';
import { carried, type Upgrade, upgradeFor } from './upgrade.ts';

/** A package of an inventory with what was judged of it. */
export type JudgedPackage = {
  readonly package: Package;
  readonly subject: Subject;
  readonly verdicts: readonly Verdict[];
};

/** What to do about one package. */
export type Remediation = {
  readonly package: Package;
  /**
   * The lowest version that ends every vulnerability that can be ended, or null when no fix is known for any. That of
   * the source package where its own cannot be told from it.
   */
  readonly version: string | null;
  /** Vulnerabilities that the version ends, by id. */
  readonly ended: readonly string[];
  /** Those that it does not: no fix is known for them, or the version has them anew. */
  readonly remaining: readonly string[];
  /** The command that installs it, or null when there is none to give. */
  readonly command: string | null;
  /** The dependency of the project to raise, for a package that another one brings; null otherwise. */
  readonly raise: string | null;
  /**
   * True where every copy lies in the layers of an image's base (its bottom layer, where the base does not tell its
   * last one), so that a newer base image brings the fix.
   */
  readonly isOfBase: boolean;
  /** What to know besides, a sentence each. */
  readonly notes: readonly string[];
};

/** How often a fix may turn out to need a later one. */
const roundsMax = 20;

/** What to do about the findings of one inventory; the same as `remediate` for the packages that have any. */
export function remediesFor(
  findings: readonly { readonly package: Package; readonly verdict: Verdict }[],
  { os, facts }: Pick<Inventory, 'os' | 'facts'>,
  intelligence: Intelligence,
  base: BaseImage | null = null,
): readonly Remediation[] {
  const byPackage = new Map<Package, Verdict[]>();
  for (const { package: pkg, verdict } of findings) {
    const verdicts = byPackage.get(pkg);
    if (verdicts) verdicts.push(verdict);
    else byPackage.set(pkg, [verdict]);
  }
  const judged = [...byPackage].flatMap(([pkg, verdicts]) => {
    const prepared = prepare(pkg, os, facts);
    return prepared.kind === 'subject' ? [{ package: pkg, subject: prepared.subject, verdicts }] : [];
  });
  return remediate(judged, facts, intelligence, base);
}

/**
 * What to do about each affected package, those first that end most. Pure but for look-ups. A version is only
 * proposed when it was judged itself: fixes of later vulnerabilities are sought until none is left that has one.
 * `base` is the image that an image says it is built on.
 */
export function remediate(
  judged: readonly JudgedPackage[],
  facts: InventoryFacts,
  intelligence: Intelligence,
  base: BaseImage | null = null,
): readonly Remediation[] {
  const remediations = judged.flatMap((item) => remedyOf(item, { facts, base }, intelligence) ?? []);
  return remediations.sort(
    (a, b) => b.ended.length - a.ended.length || (a.package.purl < b.package.purl ? -1 : 1),
  );
}

function remedyOf(
  { package: pkg, subject, verdicts }: JudgedPackage,
  place: ImagePlace,
  intelligence: Intelligence,
): Remediation | null {
  const affected = affectedOf(verdicts);
  if (affected.length === 0) return null;
  const { goal, left } = goalFor(subject, affected, intelligence);
  const remaining = new Set(idsOf(left));
  const upgrade = upgradeTo(pkg, subject, goal);
  const isOfBase = isInBase(pkg, place);
  return {
    package: pkg,
    version: upgrade?.version ?? null,
    ended: idsOf(affected).filter((id) => !remaining.has(id)),
    remaining: [...remaining].sort(),
    command: upgrade?.command ?? null,
    raise: upgrade?.raise ?? null,
    isOfBase,
    notes: [
      ...(upgrade?.notes ?? []),
      ...(isRebootAsked(affected, intelligence) ? [restartNote] : []),
      ...(isOfBase ? [baseNote(place)] : []),
    ],
  };
}

type ImagePlace = { readonly facts: InventoryFacts; readonly base: BaseImage | null };

function baseNote({ base }: ImagePlace): string {
  const called = base === null ? '' : ` ${base.name ?? base.digest}`;
  return `It comes with the base image${called}: a newer base image brings the fix to everything built on it.`;
}

const restartNote = 'Its erratum asks for the system to be restarted after the update.';

function isRebootAsked(affected: readonly Verdict[], intelligence: Intelligence): boolean {
  return affected.some(({ feed, proof }) =>
    intelligence
      .statements(proof.key)
      .some((said) => said.note === rebootNote && said.feed === feed && said.record === proof.record),
  );
}

function affectedOf(verdicts: readonly Verdict[]): readonly Verdict[] {
  return verdicts.filter(({ result }) => result === 'affected');
}

function idsOf(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts.map(({ vulnerability }) => vulnerability).sort();
}

/**
 * The versions to reach, by the installed version that they take the place of: a binary package and its source may
 * have versions of their own, and each is named by other advisories.
 */
type Goal = ReadonlyMap<string, Reached>;

type Reached = { readonly version: string; readonly scheme: string; readonly stream: string };

// Each round goes to the highest fixes of what is left; what has no fix does not hold it back.
function goalFor(
  subject: Subject,
  affected: readonly Verdict[],
  intelligence: Intelligence,
): { readonly goal: Goal; readonly left: readonly Verdict[] } {
  const goal = new Map<string, Reached>();
  let left = affected;
  for (let round = 0; round < roundsMax; round++) {
    if (!raiseGoal(goal, left, subject)) break;
    left = affectedOf(judge(at(subject, goal), intelligence));
  }
  return { goal, left };
}

// Gives whether any version went up, so that every round does.
function raiseGoal(goal: Map<string, Reached>, affected: readonly Verdict[], subject: Subject): boolean {
  let isRaised = false;
  for (const { fixedVersion, proof } of affected) {
    const installed = keyOf(subject, proof.key)?.version;
    if (fixedVersion === null || installed === undefined) continue;
    const reached = goal.get(installed);
    if (reached !== undefined && !isBelow(reached.version, fixedVersion, proof.scheme)) continue;
    goal.set(installed, { version: fixedVersion, scheme: proof.scheme, stream: proof.key.stream });
    isRaised = true;
  }
  return isRaised;
}

function keyOf({ keys }: Subject, { stream, name }: Verdict['proof']['key']): SubjectKey | undefined {
  return keys.find((key) => key.stream === stream && key.name === name);
}

function at(subject: Subject, goal: Goal): Subject {
  const moved = (version: string) => movedVersion(version, goal) ?? version;
  return {
    ...subject,
    version: moved(subject.version),
    keys: subject.keys.map((key) => ({ ...key, version: moved(key.version) })),
  };
}

// The highest that any of them comes to.
function movedVersion(version: string, goal: Goal): string | null {
  let highest: string | null = null;
  for (const [from, { version: to, scheme }] of goal) {
    const moved = carried(version, { from, to });
    if (moved !== null && (highest === null || isBelow(highest, moved, scheme))) highest = moved;
  }
  return highest;
}

function upgradeTo(pkg: Package, subject: Subject, goal: Goal): Upgrade | null {
  const [first] = goal;
  if (first === undefined) return null;
  const [installed, { version, stream }] = first;
  const own = movedVersion(pkg.version, goal);
  const step = own === null ? { from: installed, to: version } : { from: pkg.version, to: own };
  return upgradeFor(pkg, subject.distro, { ...step, stream });
}

// Every copy lies in a layer of the base: up to the last one that it is known to have, else the bottom one.
function isInBase(pkg: Package, { facts: { layers }, base }: ImagePlace): boolean {
  const last = layers.indexOf(base?.lastLayer ?? '');
  const ofBase = layers.slice(0, Math.max(last, 0) + 1);
  return (
    (layers.length > 1 || last >= 0) &&
    pkg.evidence.length > 0 &&
    pkg.evidence.every(({ layer }) => layer !== null && ofBase.includes(layer))
  );
}
