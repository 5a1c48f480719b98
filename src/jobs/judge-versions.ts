import type { Intelligence } from '../intel/contract.ts';
import type { Vulnerability } from '../model/vulnerability.ts';
import { judge } from '../pipeline/match/match.ts';
import { rate } from '../pipeline/score/score.ts';
import { distro } from '../plugins/distros/registry.ts';
import {
  type JudgedVersion,
  type PackageVersion,
  saveMatches,
  saveVulnerabilities,
} from '../store/matches.ts';
import type { JobContext } from './context.ts';

const versionsAtOnce = 500;

export type ChangedMatch = { readonly packageVersionId: number; readonly vulnerabilityId: string };

/** Judges and rates package versions under a revision and stores the matches; answers what changed. */
export async function judgeVersions(
  context: JobContext,
  intelligence: Intelligence,
  versions: readonly PackageVersion[],
): Promise<readonly ChangedMatch[]> {
  const changed: ChangedMatch[] = [];
  for (let from = 0; from < versions.length; from += versionsAtOnce) {
    const vulnerabilities = new Map<string, Vulnerability>();
    const judged: JudgedVersion[] = [];
    for (const { id, subject } of versions.slice(from, from + versionsAtOnce)) {
      const vendor = subject.distro === null ? null : (distro(subject.distro)?.rating ?? null);
      const verdicts = judge(subject, intelligence)
        .filter(({ result }) => result !== 'unaffected')
        .map((verdict) => {
          const vulnerability = intelligence.vulnerability(verdict.vulnerability);
          if (vulnerability) vulnerabilities.set(vulnerability.id, vulnerability);
          return { verdict, rating: rate(verdict, vulnerability, vendor) };
        });
      judged.push({ id, verdicts });
    }
    // Texts first: a finding that becomes visible must find its vulnerability.
    await saveVulnerabilities(context.db, [...vulnerabilities.values()], context.now());
    changed.push(...(await saveMatches(context.db, judged, intelligence.meta.revision)));
  }
  return changed;
}
