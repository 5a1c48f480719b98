import type { Intelligence } from '../../intel/contract.ts';
import type { Statement } from '../../model/advisory.ts';
import type { Subject, SubjectKey, Verdict } from '../../model/match.ts';
import { versionScheme } from '../../versions/registry.ts';
import { applicability } from './applies.ts';
import { standing } from './errata.ts';
import { isBelow, type Judgement, judgeStatement } from './statement.ts';
import voices from './voices.json' with { type: 'json' };

type Judged = {
  readonly statement: Statement;
  readonly key: SubjectKey;
  readonly judgement: Judgement;
  /** Position of the key: the most specific stream speaks first. */
  readonly keyRank: number;
  readonly isAffected: boolean;
};

/**
 * Every verdict that intelligence allows on one package version, one for each vulnerability that any statement
 * names, affected or not. Pure but for look-ups in the opened revision.
 */
export function judge(subject: Subject, intelligence: Intelligence): readonly Verdict[] {
  const byVulnerability = new Map<string, Judged[]>();
  for (const [keyRank, key] of subject.keys.entries()) {
    for (const statement of intelligence.statements(key)) {
      const applies = applicability(statement, subject, key);
      if (applies === 'no') continue;
      const judged = judgeAt(key.version, { statement, key, keyRank, isSure: applies === 'yes' });
      const id = intelligence.displayId(statement.vulnerability);
      const known = byVulnerability.get(id);
      if (known) known.push(judged);
      else byVulnerability.set(id, [judged]);
    }
  }
  const verdicts: Verdict[] = [];
  for (const [id, judged] of byVulnerability) verdicts.push(combine(id, judged));
  return verdicts;
}

type Told = Pick<Judged, 'statement' | 'key' | 'keyRank'> & { readonly isSure: boolean };

function judgeAt(version: string, { statement, key, keyRank, isSure }: Told): Judged {
  const told = judgeStatement(statement, version, versionScheme(statement.scheme));
  const judgement = isSure || told.result !== 'affected' ? told : doubted(told);
  return { statement, key, keyRank, judgement, isAffected: judgement.result === 'affected' };
}

function doubted(told: Judgement): Judgement {
  const reason = `${told.reason}, but whether both are builds of one module stream is not told`;
  return { ...told, result: 'undetermined', fixedVersion: null, reason };
}

/** One verdict from everything that was said of one vulnerability. */
function combine(vulnerability: string, judged: readonly Judged[]): Verdict {
  const heard = voicesThatCount(judged);
  const decisive = decide(heard) ?? (judged[0] as Judged);
  const { statement, key, judgement } = decisive;
  return {
    vulnerability,
    result: judgement.result,
    fixedVersion: decisive.isAffected ? fixFor(heard, judged) : null,
    status: statement.status,
    severityLabel: statement.severity,
    advisory: statement.advisory,
    feed: statement.feed,
    proof: {
      key: { stream: key.stream, name: key.name },
      version: key.version,
      scheme: statement.scheme,
      feed: statement.feed,
      record: statement.record,
      range: judgement.range,
      comparisons: judgement.comparisons,
      reason: judgement.reason,
    },
  };
}

/**
 * Who is heard: of those that settle it the most specific stream, and there the sources that count most. All of them
 * where none settles it.
 */
function voicesThatCount(judged: readonly Judged[]): readonly Judged[] {
  if (judged.length < 2) return judged;
  const settled = judged.filter(({ judgement }) => judgement.result !== 'undetermined');
  if (settled.length === 0) return judged;
  const keyRank = Math.min(...settled.map((item) => item.keyRank));
  const specific = settled.filter((item) => item.keyRank === keyRank);
  const weight = Math.min(...specific.map(weightOf));
  return specific.filter((item) => weightOf(item) === weight);
}

function weightOf({ statement }: Judged): number {
  if (voices.lesser.includes(statement.feed)) return 2;
  return voices.decisive.some((prefix) => statement.vulnerability.startsWith(prefix)) ? 0 : 1;
}

/**
 * The statement that the verdict rests on. A feed's negative statement beats its positive ones, and a fix of its that
 * was reached beats its statement that none is known, which is older. Beyond that one voice that calls the version
 * affected is enough.
 */
function decide(heard: readonly Judged[]): Judged | null {
  const affected = affectedOf(heard);
  const withFix = affected.find(({ judgement }) => judgement.fixedVersion !== null);
  const unaffected = heard.find(({ judgement }) => judgement.result === 'unaffected');
  return withFix ?? affected[0] ?? heard.find(isDenial) ?? unaffected ?? heard[0] ?? null;
}

function affectedOf(heard: readonly Judged[]): readonly Judged[] {
  const [first] = heard;
  if (heard.length === 1 || first === undefined) return heard.filter(({ isAffected }) => isAffected);
  const denied = feedsOf(heard.filter(isDenial));
  const mended = feedsOf(heard.filter(isMended));
  return standing(heard, first.key.version).filter(({ isAffected, statement }) => {
    if (!isAffected || denied.has(statement.feed)) return false;
    return !mended.has(statement.feed) || !isUnbounded(statement);
  });
}

// It says of every version that it is affected.
function isUnbounded({ ranges, versions }: Statement): boolean {
  const isBounded = ranges.some(
    ({ introduced, fixed, lastAffected }) => introduced !== null || fixed !== null || lastAffected !== null,
  );
  return !isBounded && versions.length === 0;
}

function feedsOf(judged: readonly Judged[]): ReadonlySet<string> {
  return new Set(judged.map(({ statement }) => statement.feed));
}

function isMended({ statement, judgement }: Judged): boolean {
  return statement.status === 'fixed' && judgement.result === 'unaffected';
}

function isDenial({ statement, judgement }: Judged): boolean {
  return statement.status === 'not-affected' && judgement.result === 'unaffected';
}

/**
 * The lowest version that is named as a fix and that nobody who is heard calls affected in turn; the lowest named one
 * where there is none such. Where those who are heard know no fix, what a less specific stream names: one that costs
 * extra (extended security maintenance).
 */
function fixFor(heard: readonly Judged[], judged: readonly Judged[]): string | null {
  const own = namedFixes(affectedOf(heard));
  const named = own.length > 0 ? own : namedFixes(judged.filter(({ isAffected }) => isAffected));
  const lowest = lowestOf(named);
  if (lowest === null || endsIt(heard, lowest.version)) return lowest?.version ?? null;
  // It ends one statement and falls under another: the fixes of all of them are tried, from the lowest up.
  const others = heard.flatMap(({ statement: { ranges, scheme } }) =>
    ranges.flatMap(({ fixed }) => (fixed === null ? [] : [{ version: fixed, scheme }])),
  );
  const above = [...named, ...others].filter(({ version, scheme }) =>
    isBelow(lowest.version, version, scheme),
  );
  return (lowestOf(above.filter(({ version }) => endsIt(heard, version))) ?? lowest).version;
}

type NamedFix = { readonly version: string; readonly scheme: string };

function namedFixes(affected: readonly Judged[]): readonly NamedFix[] {
  return affected.flatMap(({ judgement, statement }) =>
    judgement.fixedVersion === null ? [] : [{ version: judgement.fixedVersion, scheme: statement.scheme }],
  );
}

function lowestOf(fixes: readonly NamedFix[]): NamedFix | null {
  return fixes.reduce<NamedFix | null>(
    (lowest, fix) => (lowest === null || isBelow(fix.version, lowest.version, fix.scheme) ? fix : lowest),
    null,
  );
}

function endsIt(heard: readonly Judged[], version: string): boolean {
  const at = heard.map(({ statement, key, keyRank }) =>
    judgeAt(version, { statement, key: { ...key, version }, keyRank, isSure: true }),
  );
  return affectedOf(at).length === 0;
}
