import { below, type Statement } from '../../../model/advisory.ts';
import { rpm } from '../../../versions/rpm.ts';
import type { FeedRecord } from '../contract.ts';
import { problemRecord, statementRecord } from '../records.ts';

/** Most errata, and most pairs of packages that are listed together, that are kept in mind. */
const errataMax = 200_000;
const pairsMax = 5_000_000;

/**
 * Completes errata that list only a part of the packages of a build. Several hundred do: of `glibc` only what is in
 * one of the repositories. Packages that other errata of the release list together at one and the same version come
 * out of one build; where an erratum names one of them and not the others, the others got the same fix. A package is
 * added when at least two other errata, and two thirds of those that list the named one, say so. Packages may have
 * been builds apart before they came to be one (`kernel-rt` and `kernel`): nothing is added below the first version
 * that is listed of both where each is listed below it. And other sources may share a version, and packages join a
 * build in later releases: only an erratum without the main package of what it lists is completed. Builds of modules
 * are left as they are.
 * Source: https://github.com/AlmaLinux/osv-database (`ALSA-2022:0896` for glibc, `ALSA-2021:2168` for the kernel)
 */
export async function* withBuildMates(records: AsyncIterable<FeedRecord>): AsyncGenerator<FeedRecord> {
  const errata = new Map<string, Erratum>();
  let isFull = false;
  for await (const record of records) {
    yield record;
    if (record.kind === 'statement' && !isFull) isFull = !note(errata, record.key, record.statement);
  }
  const mates = matesOf(errata.values());
  if (isFull || mates.isFull) {
    const limit = isFull ? 'errataMax' : 'pairsMax';
    yield problemRecord('limit', 'almalinux', 'too much to tell which packages are built together', limit);
  }
  for (const erratum of errata.values()) yield* missingOf(erratum, mates);
}

type Erratum = {
  readonly stream: string;
  /** Package to the version that has the fix. */
  readonly fixes: Map<string, string>;
  /** One statement for each flaw. */
  readonly flaws: Map<string, Statement>;
};

function note(
  errata: Map<string, Erratum>,
  { stream, name }: { readonly stream: string; readonly name: string },
  statement: Statement,
): boolean {
  const fixed = statement.ranges.length === 1 ? (statement.ranges[0]?.fixed ?? null) : null;
  if (fixed === null || statement.only !== null || fixed.includes('.module')) return true;
  const key = `${stream} ${statement.record}`;
  let erratum = errata.get(key);
  if (erratum === undefined) {
    if (errata.size >= errataMax) return false;
    erratum = { stream, fixes: new Map(), flaws: new Map() };
    errata.set(key, erratum);
  }
  erratum.fixes.set(name, fixed);
  if (!erratum.flaws.has(statement.vulnerability)) erratum.flaws.set(statement.vulnerability, statement);
  return true;
}

/** How often something is listed, and the lowest version of it. */
type Listed = { times: number; lowest: string };

type Mates = {
  /** Packages; keys are stream and name. */
  readonly alone: ReadonlyMap<string, Listed>;
  /** By the same keys, the other ones that are listed beside it at the same version. */
  readonly together: ReadonlyMap<string, ReadonlyMap<string, Listed>>;
  readonly isFull: boolean;
};

function matesOf(errata: Iterable<Erratum>): Mates {
  const alone = new Map<string, Listed>();
  const together = new Map<string, Map<string, Listed>>();
  let pairs = 0;
  for (const { stream, fixes } of errata) {
    for (const [fixed, group] of buildsOf(fixes)) {
      if (pairs + group.length ** 2 > pairsMax) return { alone, together, isFull: true };
      for (const name of group) {
        const key = `${stream} ${name}`;
        count(alone, key, fixed);
        const beside = together.get(key) ?? new Map<string, Listed>();
        together.set(key, beside);
        const before = beside.size;
        for (const other of group) if (other !== name) count(beside, other, fixed);
        pairs += beside.size - before;
      }
    }
  }
  return { alone, together, isFull: false };
}

function count(listed: Map<string, Listed>, name: string, version: string): void {
  const known = listed.get(name);
  if (known === undefined) {
    listed.set(name, { times: 1, lowest: version });
    return;
  }
  known.times += 1;
  if (isBelow(version, known.lowest)) known.lowest = version;
}

function isBelow(left: string, right: string): boolean {
  const order = rpm.compare(left, right);
  return typeof order === 'number' && order < 0;
}

function buildsOf(fixes: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, fixed] of fixes) {
    const group = groups.get(fixed);
    if (group) group.push(name);
    else groups.set(fixed, [name]);
  }
  return groups;
}

function* missingOf({ stream, fixes, flaws }: Erratum, { alone, together }: Mates): Generator<FeedRecord> {
  const missing = new Map<
    string,
    { readonly named: string; readonly fixed: string; readonly times: number }
  >();
  for (const [named, fixed] of fixes) {
    const key = `${stream} ${named}`;
    const others = (alone.get(key)?.times ?? 1) - 1;
    for (const [name, { times, lowest }] of together.get(key) ?? []) {
      if (fixes.has(name) || times < 2 || times * 3 < others * 2) continue;
      const first = alone.get(`${stream} ${name}`)?.lowest ?? lowest;
      if (isBelow(fixed, lowest) && isBelow(first, lowest)) continue;
      if ((missing.get(name)?.times ?? 0) < times) missing.set(name, { named, fixed, times });
    }
  }
  if (!isRemnant(fixes, missing)) return;
  for (const [name, { named, fixed }] of missing) {
    for (const told of flaws.values()) {
      const note = `the erratum lists ${named}, which is built together with it`;
      yield statementRecord({ stream, name }, { ...told, ranges: [below(fixed)], note });
    }
  }
}

// `glibc` is the main package of `glibc-utils`.
function isRemnant(listed: ReadonlyMap<string, unknown>, missing: ReadonlyMap<string, unknown>): boolean {
  return [...listed.keys()].some((name) => {
    for (let at = name.lastIndexOf('-'); at > 0; at = name.lastIndexOf('-', at - 1))
      if (missing.has(name.slice(0, at))) return true;
    return false;
  });
}
