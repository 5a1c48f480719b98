import packageJson from '../../package.json' with { type: 'json' };
import type { ScanReport } from '../jobs/scan-once.ts';
import type { Package } from '../model/package.ts';
import { fixOf, type Upgrade } from '../pipeline/match/upgrade.ts';
import {
  componentRef,
  cycloneDx,
  type SbomFinding,
  type SbomSubject,
} from '../pipeline/publish/cyclonedx.ts';
import { sarif } from '../pipeline/publish/sarif.ts';
import { spdx } from '../pipeline/publish/spdx.ts';

/** A scan in a format that other tools read. `now` goes into the document. */
export function reportDocument(
  report: ScanReport,
  format: 'cyclonedx' | 'spdx' | 'sarif',
  now: Date,
): object {
  const { version } = packageJson;
  if (format === 'spdx') return spdx(subjectOf(report), report.inventory, now, version);
  if (format === 'cyclonedx')
    return cycloneDx(subjectOf(report), report.inventory, findingsOf(report), now, version);
  const findings = findingsOf(report);
  const places = report.findings.map(({ package: pkg, verdict }, index) => ({
    ...(findings[index] as SbomFinding),
    packageName: pkg.name,
    installedVersion: pkg.version,
    fixedVersion: fixOf(pkg, report.inventory.os, verdict)?.version ?? null,
    path: pkg.evidence[0]?.path ?? '',
    line: pkg.evidence[0]?.line ?? null,
    reason: verdict.proof.reason,
  }));
  return sarif(places, version, report.problems);
}

function subjectOf({ resource, inventory }: ScanReport): SbomSubject {
  const kinds = { AWS_ECR_CONTAINER_IMAGE: 'container', AWS_EC2_INSTANCE: 'device' } as const;
  const type = resource.type in kinds ? kinds[resource.type as keyof typeof kinds] : 'application';
  return {
    name: resource.name,
    type,
    version: type === 'container' ? resource.fingerprint : (inventory.os?.versionId ?? null),
  };
}

function findingsOf(report: ScanReport): SbomFinding[] {
  return report.findings.map(({ package: pkg, verdict, rating, title }) => ({
    purl: componentRef(pkg),
    vulnerabilityId: verdict.vulnerability,
    source: verdict.feed,
    severity: rating.severity,
    score: rating.score,
    vector: rating.cvss?.vector ?? null,
    method: rating.cvss ? methods[rating.cvss.version] : null,
    description: title,
    recommendation: recommendationOf(pkg, fixOf(pkg, report.inventory.os, verdict)),
  }));
}

function recommendationOf(pkg: Package, fix: Upgrade | null): string | null {
  if (fix === null) return null;
  return [`Upgrade ${pkg.name} to ${fix.version}${fix.command ? `: ${fix.command}` : ''}`, ...fix.notes].join(
    '\n',
  );
}

const methods = { '2.0': 'CVSSv2', '3.0': 'CVSSv3', '3.1': 'CVSSv31', '4.0': 'CVSSv4' } as const;
