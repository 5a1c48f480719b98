import type { Intelligence } from '../../intel/contract.ts';
import type { Statement } from '../../model/advisory.ts';
import type { Subject, SubjectKey, Verdict } from '../../model/match.ts';
import { versionScheme } from '../../versions/registry.ts';
import { applies, type Judgement, judgeStatement } from './statement.ts';

type Judged = {
  readonly statement: Statement;
  readonly key: SubjectKey;
  readonly judgement: Judgement;
  /** Position of the key: the most specific stream speaks first. */
  readonly keyRank: number;
};

/**
 * Every verdict that intelligence allows on one package version, one for each vulnerability that any statement
 * names, affected or not. Pure but for look-ups in the opened revision.
 */
export function judge(subject: Subject, intelligence: Intelligence): readonly Verdict[] {
  const byVulnerability = new Map<string, Judged[]>();
  for (const [keyRank, key] of subject.keys.entries()) {
    for (const statement of intelligence.statements(key)) {
      if (!applies(statement, subject)) continue;
      const judgement = judgeStatement(statement, key.version, versionScheme(statement.scheme));
      const id = intelligence.displayId(statement.vulnerability);
      const known = byVulnerability.get(id);
      const judged = { statement, key, judgement, keyRank };
      if (known) known.push(judged);
      else byVulnerability.set(id, [judged]);
    }
  }
  const verdicts: Verdict[] = [];
  for (const [id, judged] of byVulnerability) verdicts.push(combine(id, judged));
  return verdicts;
}

/** One verdict from everything that was said of one vulnerability. */
function combine(vulnerability: string, judged: readonly Judged[]): Verdict {
  const decisive = decide(judged);
  const { statement, key, judgement } = decisive;
  const isAffected = judgement.result === 'affected';
  return {
    vulnerability,
    result: judgement.result,
    fixedVersion: isAffected ? (judgement.fixedVersion ?? fixElsewhere(decisive, judged)) : null,
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
 * Which statement counts. The most specific stream that settles it speaks; inside a stream a feed's negative statement
 * beats its positive ones, and the ecosystem's own database beats the general one (GHSA) when they disagree.
 */
function decide(judged: readonly Judged[]): Judged {
  const settled = judged.filter(({ judgement }) => judgement.result !== 'undetermined');
  const first = (settled.length > 0 ? settled : judged)[0];
  if (!first || settled.length === 0) return first ?? (judged[0] as Judged);
  const rank = Math.min(...settled.map(({ keyRank }) => keyRank));
  const atRank = settled.filter((item) => item.keyRank === rank);
  const native = atRank.filter(({ statement }) => !isGeneral(statement));
  const voices = native.length > 0 ? native : atRank;
  const denied = new Set(voices.filter(isDenial).map(({ statement }) => statement.feed));
  const affected = voices.filter(
    (item) => item.judgement.result === 'affected' && !denied.has(item.statement.feed),
  );
  const withFix = affected.find(({ judgement }) => judgement.fixedVersion !== null);
  return withFix ?? affected[0] ?? voices.find(isDenial) ?? voices[0] ?? first;
}

function isDenial({ statement, judgement }: Judged): boolean {
  return statement.status === 'not-affected' && judgement.result === 'unaffected';
}

function isGeneral(statement: Statement): boolean {
  return statement.vulnerability.startsWith('GHSA-');
}

// A fix that another voice knows: the other database, or a stream that costs extra (extended security maintenance).
function fixElsewhere(decisive: Judged, judged: readonly Judged[]): string | null {
  for (const item of judged) {
    if (item === decisive || item.judgement.result !== 'affected') continue;
    if (item.keyRank === decisive.keyRank && item.judgement.fixedVersion) return item.judgement.fixedVersion;
  }
  return null;
}
