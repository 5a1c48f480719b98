import type { ReportFinding, ScanReport } from '../../jobs/scan-once.ts';
import type { CvssRating } from '../../model/vulnerability.ts';
import {
  countsOf,
  cweNumbers,
  noteOf,
  publicPage,
  type SbomMatch,
  severityWord,
} from './scan-sbom-report.ts';

/**
 * A scanned SBOM in ScanSbom's own format INSPECTOR. Pure.
 * Source: https://docs.aws.amazon.com/inspector/latest/user/cicd-inspector-scan.html
 */
export function scannedInspector(report: ScanReport, matches: readonly SbomMatch[]): object {
  return {
    messages: messages(report),
    vulnerability_count: countsOf(matches),
    vulnerabilities: matches.map(vulnerability),
  };
}

function messages({ inventory, setAside, findings, problems }: ScanReport): object[] {
  const skipped = new Map(setAside.map(({ purl, why }) => [purl, why]));
  const affected = new Set(findings.map((finding) => finding.package));
  const ofPackages = inventory.packages.flatMap((pkg) => {
    const note = noteOf(pkg, skipped, affected);
    return note === null ? [] : [{ name: pkg.name, purl: pkg.purl, info: note.text }];
  });
  return [...ofPackages, ...problems.map(({ where, why }) => ({ name: where, info: why }))];
}

function vulnerability({ id, findings, vulnerability: known }: SbomMatch): object {
  return {
    id,
    severity: severityWord(findings[0].rating.severity),
    source: publicPage(id),
    related: known?.aliases ?? [],
    ...(known?.description ? { description: known.description } : {}),
    references: known?.references ?? [],
    ...(known?.published ? { created: known.published, published: known.published } : {}),
    ...(known?.modified ? { updated: known.modified } : {}),
    properties: {
      ...(known?.kev ? { cisa_kev_date_added: known.kev.dateAdded } : {}),
      ...(known?.kev?.dueDate ? { cisa_kev_date_due: known.kev.dueDate } : {}),
      cwes: cweNumbers(known?.cwes ?? []),
      cvss: ratings(findings[0], known?.cvss ?? []),
      ...(known?.epss ? { epss: known.epss.score } : {}),
      exploit_available: (known?.exploits.length ?? 0) > 0,
    },
    affects: findings.map(affected),
  };
}

// The rating that decided comes first.
function ratings({ rating }: ReportFinding, all: readonly CvssRating[]): object[] {
  const chosen = rating.cvss;
  const rest = all.filter((one) => one.vector !== chosen?.vector || one.source !== chosen?.source);
  return [...(chosen ? [chosen] : []), ...rest].map(({ source, version, score, vector }) => {
    const major = version.slice(0, 1);
    return {
      source: source.toUpperCase(),
      [`cvss${major}_base_score`]: score,
      [`cvss${major}_base_vector`]: vector,
    };
  });
}

function affected({ package: pkg, verdict }: ReportFinding): object {
  const path = pkg.evidence[0]?.path;
  return {
    installed_version: pkg.purl,
    fixed_version: verdict.fixedVersion ?? 'NotAvailable',
    ...(path === undefined ? {} : { path }),
  };
}
