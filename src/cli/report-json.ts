import type { ScanReport } from '../jobs/scan-once.ts';

/** The stable JSON form of a scan; documented in docs/scan-json.md. */
export function reportJson(report: ScanReport): object {
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
    findings: report.findings.map(({ package: pkg, verdict, rating, isKnownExploited, epss, title }) => ({
      vulnerabilityId: verdict.vulnerability,
      severity: rating.severity,
      score: rating.score,
      title,
      package: pkg.name,
      installedVersion: pkg.version,
      fixedVersion: verdict.fixedVersion,
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
    })),
    setAside: report.setAside,
    problems: report.problems,
    intelligence: { revision: report.revision, isStarter: report.isStarter },
  };
}
