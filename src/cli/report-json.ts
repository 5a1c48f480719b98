import type { ReportFinding } from '../jobs/scan-once.ts';
import type { InventoryFacts } from '../model/inventory.ts';
import type { Remediation } from '../pipeline/match/remediation.ts';
import { fixOf } from '../pipeline/match/upgrade.ts';
import type { VexReport } from './vex-report.ts';

/** The stable JSON form of a scan; documented in docs/scan-json.md. */
export function reportJson(report: VexReport, remediations: readonly Remediation[]): object {
  const { resource, inventory } = report;
  return {
    resource: {
      type: resource.type,
      id: resource.id,
      name: resource.name,
      target: resource.target,
      location: resource.location,
      // A tree has none that would be told from one scan to the next.
      fingerprint: resource.fingerprint || null,
      os: inventory.os && {
        id: inventory.os.id,
        versionId: inventory.os.versionId,
        codename: inventory.os.codename,
        prettyName: inventory.os.prettyName,
      },
      layers: inventory.facts.layers,
      details: resource.details,
    },
    packages: inventory.packages.map((pkg) => ({
      purl: pkg.purl,
      name: pkg.name,
      version: pkg.version,
      ecosystem: pkg.ecosystem,
      arch: pkg.arch,
      source: pkg.source,
      evidence: pkg.evidence,
      scope: pkg.scope,
      relation: pkg.relation,
      introducedBy: pkg.introducedBy,
      owner: pkg.owner,
      licences: pkg.licences,
    })),
    findings: report.findings.map((finding) => ({
      ...findingJson(finding, report),
      vex: report.vexOf.get(finding) ?? null,
    })),
    explained: report.explained.map(({ finding, vex }) => ({ ...findingJson(finding, report), vex })),
    remediations: remediations.map(({ package: pkg, ...remedy }) => ({
      purl: pkg.purl,
      package: pkg.name,
      installedVersion: pkg.version,
      ...remedy,
    })),
    configuration: configurationJson(inventory.facts),
    setAside: report.setAside,
    problems: report.problems,
    intelligence: { revision: report.revision, isStarter: report.isStarter },
  };
}

/** How the system is set up; null where no root file system was read. Modes are octal text, as people write them. */
function configurationJson({ services, users, groups, files }: InventoryFacts): object | null {
  if (!services && !users && !groups && !files) return null;
  return {
    services: services ?? [],
    users: users ?? [],
    groups: groups ?? [],
    files: (files ?? []).map((file) => ({ ...file, mode: file.mode.toString(8).padStart(4, '0') })),
  };
}

function findingJson(
  { package: pkg, verdict, rating, isKnownExploited, epss, title }: ReportFinding,
  { inventory }: VexReport,
): object {
  return {
    vulnerabilityId: verdict.vulnerability,
    severity: rating.severity,
    score: rating.score,
    title,
    package: pkg.name,
    installedVersion: pkg.version,
    fixedVersion: verdict.fixedVersion,
    fix: fixOf(pkg, inventory.os, verdict),
    purl: pkg.purl,
    status: verdict.status,
    advisory: verdict.advisory,
    isKnownExploited,
    epss,
    cvss: rating.cvss,
    vendorSeverity: rating.vendorSeverity,
    severityReason: rating.reason,
    evidence: pkg.evidence,
    proof: verdict.proof,
  };
}
