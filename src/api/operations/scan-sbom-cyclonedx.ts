import type { ScanReport } from '../../jobs/scan-once.ts';
import type { Package } from '../../model/package.ts';
import type { CvssRating } from '../../model/vulnerability.ts';
import {
  countsOf,
  cweNumbers,
  noteOf,
  publicPage,
  type SbomMatch,
  severityWord,
  sourceName,
} from './scan-sbom-report.ts';

type Property = { readonly name: string; readonly value: string };

const own = (name: string, value: string): Property => ({
  name: `amazon:inspector:sbom_scanner:${name}`,
  value,
});

/**
 * A scanned SBOM as CycloneDX 1.5, in the shape of ScanSbom. What the document left untold or could not be read for is
 * told in properties. Pure.
 * Source: https://docs.aws.amazon.com/inspector/latest/user/cyclonedx-namespace.html
 */
export function scannedCycloneDx(
  report: ScanReport,
  matches: readonly SbomMatch[],
  now: Date,
  version: string,
): object {
  const refs = new Map(report.inventory.packages.map((pkg, index) => [pkg, `comp-${index + 1}`]));
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      timestamp: now.toISOString(),
      tools: [{ vendor: 'OpenInspector', name: 'OpenInspector', version }],
      properties: [
        ...Object.entries(countsOf(matches)).map(([name, count]) =>
          own(`${name}_vulnerabilities`, String(count)),
        ),
        ...report.problems.map(({ kind, where, why }) => ({
          name: 'openinspector:problem',
          value: JSON.stringify({ kind, where, why }),
        })),
      ],
    },
    components: components(report, refs),
    vulnerabilities: matches.map((match, index) => vulnerability(match, index, refs)),
  };
}

function components({ inventory, setAside, findings }: ScanReport, refs: ReadonlyMap<Package, string>) {
  const skipped = new Map(setAside.map(({ purl, why }) => [purl, why]));
  const affected = new Set(findings.map((finding) => finding.package));
  return inventory.packages.map((pkg) => {
    const note = noteOf(pkg, skipped, affected);
    const path = pkg.evidence[0]?.path;
    const properties = [
      ...(path === undefined ? [] : [own('path', path)]),
      ...(note === null ? [] : [own(note.kind, note.text)]),
    ];
    return {
      'bom-ref': refs.get(pkg),
      type: 'library',
      name: pkg.name,
      version: pkg.version,
      purl: pkg.purl,
      ...(properties.length > 0 ? { properties } : {}),
    };
  });
}

function vulnerability(match: SbomMatch, index: number, refs: ReadonlyMap<Package, string>): object {
  const { id, findings, vulnerability: known } = match;
  const affects = [...new Set(findings.map((finding) => refs.get(finding.package)))];
  const fixes = new Map(
    findings.map((finding) => [refs.get(finding.package), finding.verdict.fixedVersion ?? 'NotAvailable']),
  );
  return {
    'bom-ref': `vuln-${index + 1}`,
    id,
    source: { name: sourceName(id), url: publicPage(id) },
    ...(known && known.aliases.length > 0
      ? {
          references: known.aliases.map((alias) => ({
            id: alias,
            source: { name: sourceName(alias), url: publicPage(alias) },
          })),
        }
      : {}),
    ratings: ratings(match),
    ...(known ? { cwes: cweNumbers(known.cwes) } : {}),
    ...(known?.description ? { description: known.description } : {}),
    ...(known ? { advisories: known.references.map((url) => ({ url })) } : {}),
    ...(known?.published ? { created: known.published, published: known.published } : {}),
    ...(known?.modified ? { updated: known.modified } : {}),
    analysis: { state: 'in_triage' },
    affects: affects.map((ref) => ({ ref })),
    properties: [...facts(match), ...[...fixes].map(([ref, fix]) => own(`fixed_version:${ref}`, fix))],
  };
}

function facts({ vulnerability: known }: SbomMatch): readonly Property[] {
  if (!known) return [];
  return [
    ...(known.exploits.length > 0 ? [own('exploit_available', 'true')] : []),
    ...(known.kev ? [own('cisa_kev_date_added', known.kev.dateAdded)] : []),
    ...(known.kev?.dueDate ? [own('cisa_kev_date_due', known.kev.dueDate)] : []),
  ];
}

function ratings({ findings, vulnerability: known }: SbomMatch): object[] {
  const { severity, cvss, vendorSeverity } = findings[0].rating;
  const chosen = { severity: severityWord(severity), ...(cvss ? scoreOf(cvss) : { method: 'other' }) };
  const rest = (known?.cvss ?? []).filter(
    (one) => one.vector !== cvss?.vector || one.source !== cvss?.source,
  );
  const label =
    vendorSeverity === null
      ? []
      : [{ severity: severityWord(severity), method: 'other', justification: vendorSeverity }];
  const epss = known?.epss;
  return [
    chosen,
    ...rest.map(scoreOf),
    ...(cvss === null ? [] : label),
    ...(epss
      ? [
          {
            source: { name: 'EPSS', url: 'https://www.first.org/epss/' },
            score: epss.score,
            severity: 'none',
            method: 'other',
            vector: `date:${epss.date}`,
          },
        ]
      : []),
  ];
}

const methods = { '2.0': 'CVSSv2', '3.0': 'CVSSv3', '3.1': 'CVSSv31', '4.0': 'CVSSv4' } as const;

function scoreOf({ source, version, vector, score }: CvssRating): object {
  return { source: { name: source.toUpperCase() }, score, method: methods[version], vector };
}
