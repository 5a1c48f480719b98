import packageJson from '../../package.json' with { type: 'json' };
import type { Intelligence } from '../intel/contract.ts';
import type { ReportFinding, ScanReport } from '../jobs/scan-once.ts';
import type { Verdict } from '../model/match.ts';
import type { Package } from '../model/package.ts';
import { formatPurl } from '../model/purl.ts';
import type { Resource } from '../model/resource.ts';
import { judge } from '../pipeline/match/match.ts';
import { prepare } from '../pipeline/match/subject.ts';
import { fixOf } from '../pipeline/match/upgrade.ts';
import { applyVex, type VexOutcome, type VexVerdict } from '../pipeline/match/vex.ts';
import {
  csafVex,
  openVex,
  type VexEntry,
  type VexJustification,
  type VexPlan,
  vexJustifications,
} from '../pipeline/publish/vex.ts';
import type { VexDocuments } from '../plugins/vex/documents.ts';

/** A scan and what VEX documents say of its findings. */
export type VexReport = ScanReport & {
  /** What is said of a finding that is reported. */
  readonly vexOf: ReadonlyMap<ReportFinding, VexVerdict>;
  /** Findings that are explained and not reported. */
  readonly explained: readonly { readonly finding: ReportFinding; readonly vex: VexVerdict }[];
  /** What is explained wherever the package stands in the resource, by vulnerability and purl. */
  readonly explainedWholly: ReadonlyMap<string, VexVerdict>;
};

/** Takes out of a report what VEX documents explain; null: there are none. */
export function withVex(
  report: ScanReport,
  documents: VexDocuments | null,
  intelligence: Pick<Intelligence, 'displayId'>,
): VexReport {
  if (documents === null) return { ...report, vexOf: new Map(), explained: [], explainedWholly: new Map() };
  const { resource, inventory, findings } = report;
  const outcome = applyVex(findings, documents.statements, {
    resource,
    os: inventory.os,
    packages: inventory.packages,
    displayId: (id) => intelligence.displayId(id),
  });
  return {
    ...report,
    findings: outcome.reported.map(({ finding }) => finding),
    vexOf: new Map(
      outcome.reported.flatMap(({ finding, vex }) => (vex === null ? [] : [[finding, vex] as const])),
    ),
    explained: outcome.explained,
    explainedWholly: whollyExplained(outcome),
    problems: [...report.problems, ...documents.problems, ...outcome.problems],
  };
}

// One copy of a package may be explained by what brings it, and another be reported.
function whollyExplained({
  reported,
  explained,
}: VexOutcome<ReportFinding>): ReadonlyMap<string, VexVerdict> {
  const found = new Map(
    explained.map(({ finding, vex }) => [keyOf(finding.package, finding.verdict.vulnerability), vex]),
  );
  for (const { finding } of reported) found.delete(keyOf(finding.package, finding.verdict.vulnerability));
  return found;
}

/** Every verdict of a scan as a VEX document: what is affected, and what is not and why. */
export function vexDocument(
  report: VexReport,
  format: 'openvex' | 'csaf-vex',
  now: Date,
  intelligence: Intelligence,
): object {
  const entries = vexEntries(report, intelligence);
  const scanned = { name: report.resource.name, purl: purlOf(report.resource) };
  const origin = { now, version: packageJson.version, revision: report.revision };
  return format === 'openvex' ? openVex(scanned, entries, origin) : csafVex(scanned, entries, origin);
}

/** Source: https://github.com/package-url/purl-spec/blob/main/types-doc/oci-definition.md */
function purlOf({ type, name, fingerprint, details }: Resource): string | null {
  if (type !== 'AWS_ECR_CONTAINER_IMAGE' || !fingerprint.startsWith('sha256:')) return null;
  const repository = typeof details.repositoryName === 'string' ? details.repositoryName : name;
  const last = repository.slice(repository.lastIndexOf('/') + 1).toLowerCase();
  if (last === '') return null;
  const qualifiers: Record<string, string> =
    repository.includes('/') && /[.:]/.test(repository.split('/')[0] ?? '')
      ? { repository_url: repository }
      : {};
  return formatPurl({
    type: 'oci',
    namespace: null,
    name: last,
    version: fingerprint,
    qualifiers,
    subpath: null,
  });
}

function vexEntries(
  { inventory, explainedWholly }: VexReport,
  intelligence: Intelligence,
): readonly VexEntry[] {
  const entries = new Map<string, VexEntry>();
  for (const pkg of inventory.packages) {
    const prepared = prepare(pkg, inventory.os, inventory.facts);
    if (prepared.kind === 'set-aside') continue;
    for (const verdict of judge(prepared.subject, intelligence)) {
      const key = keyOf(pkg, verdict.vulnerability);
      if (entries.has(key)) continue;
      const vulnerability = intelligence.vulnerability(verdict.vulnerability);
      entries.set(key, {
        vulnerabilityId: verdict.vulnerability,
        aliases: (vulnerability?.aliases ?? []).filter((id) => id !== verdict.vulnerability),
        title: vulnerability?.title ?? null,
        purl: pkg.purl,
        packageName: `${pkg.name} ${pkg.version}`,
        ...(saidEntry(explainedWholly.get(key)) ?? judgedEntry(pkg, verdict, inventory.os)),
      });
    }
  }
  return [...entries.values()].sort(
    (a, b) => compareText(b.vulnerabilityId, a.vulnerabilityId) || compareText(a.purl, b.purl),
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function keyOf({ purl }: Package, vulnerability: string): string {
  return `${vulnerability} ${purl}`;
}

type Said = Pick<VexEntry, 'status' | 'justification' | 'reason' | 'action' | 'plan'>;

function saidEntry(vex: VexVerdict | undefined): Said | null {
  if (vex === undefined) return null;
  const by = `${vex.author ?? 'no author'}, ${vex.document} ${vex.statement}`;
  const reason = `${vex.detail ?? vex.justification ?? vex.status} (${by})`;
  return {
    status: vex.status,
    justification: justificationOf(vex.justification),
    reason,
    action: null,
    plan: null,
  };
}

function judgedEntry(pkg: Package, verdict: Verdict, os: ScanReport['inventory']['os']): Said {
  const { result, proof, status: vendor } = verdict;
  const reason = `${proof.reason} (${proof.feed} ${proof.record})`;
  const plain = { justification: null, reason, action: null, plan: null };
  if (result === 'undetermined') return { ...plain, status: 'under_investigation' };
  if (result === 'unaffected') {
    if (vendor !== 'not-affected' && isFixReached(verdict)) return { ...plain, status: 'fixed' };
    return { ...plain, status: 'not_affected', justification: vendorJustification(proof.reason) };
  }
  const fix = fixOf(pkg, os, verdict);
  if (fix === null) return { ...plain, status: 'affected', plan: planOf(vendor) };
  const action = [
    `Upgrade ${pkg.name} to ${fix.version}.`,
    ...(fix.command ? [fix.command] : []),
    ...fix.notes,
  ];
  return { ...plain, status: 'affected', action: action.join('\n'), plan: 'vendor_fix' };
}

// A fix that was compared and reached; a version below the first affected one never had the flaw.
function isFixReached({ proof: { comparisons } }: Verdict): boolean {
  return comparisons.some(({ op, holds }) => op === '<' && holds === false);
}

function planOf(status: Verdict['status']): VexPlan {
  return status === 'will-not-fix' || status === 'end-of-life' ? 'no_fix_planned' : 'none_available';
}

function justificationOf(text: string | null): VexJustification | null {
  return vexJustifications.find((word) => word === text) ?? null;
}

// Vendors that publish VEX give its words as their reason.
function vendorJustification(reason: string): VexJustification | null {
  return vexJustifications.find((word) => reason.includes(word)) ?? null;
}
