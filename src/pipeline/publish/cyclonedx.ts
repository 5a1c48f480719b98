import { createHash } from 'node:crypto';
import type { Inventory } from '../../model/inventory.ts';
import type { Package } from '../../model/package.ts';

export type SbomSubject = {
  readonly name: string;
  readonly type: 'container' | 'application' | 'device';
  readonly version: string | null;
};

/** A finding as an SBOM can carry it. */
export type SbomFinding = {
  readonly purl: string;
  readonly vulnerabilityId: string;
  readonly source: string;
  readonly severity: string;
  readonly score: number | null;
  readonly vector: string | null;
  readonly method: string | null;
  readonly description: string | null;
  readonly recommendation: string | null;
};

const own = 'openinspector';

/**
 * An inventory as CycloneDX 1.6 JSON. What the format has no field for (layers, owner, source package, evidence
 * lines) travels as properties under `openinspector:`, so that reading it back loses nothing. Pure: `now` is given.
 * Source: https://cyclonedx.org/docs/1.6/json/
 */
export function cycloneDx(
  subject: SbomSubject,
  inventory: Inventory,
  findings: readonly SbomFinding[],
  now: Date,
  version: string,
): object {
  const components: object[] = inventory.packages.map(component);
  if (inventory.os) {
    components.push({
      type: 'operating-system',
      'bom-ref': `os:${inventory.os.id}`,
      name: inventory.os.id,
      ...(inventory.os.versionId ? { version: inventory.os.versionId } : {}),
      ...(inventory.os.prettyName ? { description: inventory.os.prettyName } : {}),
      ...(inventory.os.codename
        ? { properties: [{ name: `${own}:codename`, value: inventory.os.codename }] }
        : {}),
    });
  }
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify([subject, inventory.packages.map(({ purl }) => purl), now.getTime()]))}`,
    version: 1,
    metadata: {
      timestamp: now.toISOString(),
      tools: { components: [{ type: 'application', name: 'OpenInspector', version }] },
      component: {
        type: subject.type,
        'bom-ref': 'subject',
        name: subject.name,
        ...(subject.version ? { version: subject.version } : {}),
      },
      ...(inventory.problems.length > 0
        ? {
            properties: inventory.problems.map(({ kind, where, why }) => ({
              name: `${own}:problem:${kind}`,
              value: `${where}: ${why}`,
            })),
          }
        : {}),
    },
    components,
    ...(findings.length > 0 ? { vulnerabilities: vulnerabilities(findings) } : {}),
  };
}

/** Distinct for each listed package: the same version may stand apart as owned and as free. */
export function componentRef(pkg: Package): string {
  return pkg.owner === null ? pkg.purl : `${pkg.purl}#owner=${encodeURIComponent(pkg.owner)}`;
}

function component(pkg: Package): object {
  const properties: { name: string; value: string }[] = [];
  const add = (name: string, value: string | null) => {
    if (value !== null && value !== '') properties.push({ name: `${own}:${name}`, value });
  };
  for (const [index, { path, layer, line }] of pkg.evidence.entries()) {
    add(`evidence:${index}:path`, path);
    add(`evidence:${index}:layer`, layer);
    add(`evidence:${index}:line`, line === null ? null : String(line));
  }
  add('name', pkg.name);
  add('version', pkg.version);
  add('source:name', pkg.source?.name ?? null);
  add('source:version', pkg.source?.version ?? null);
  add('arch', pkg.arch);
  add('owner', pkg.owner);
  add('scope', pkg.scope);
  add('relation', pkg.relation);
  for (const [index, name] of pkg.introducedBy.entries()) add(`introduced-by:${index}`, name);
  for (const [name, value] of Object.entries(pkg.attributes)) add(`attribute:${name}`, value);
  return {
    type: 'library',
    'bom-ref': componentRef(pkg),
    name: pkg.name,
    version: pkg.version,
    purl: pkg.purl,
    ...(pkg.scope === 'optional' || pkg.scope === 'runtime'
      ? { scope: pkg.scope === 'optional' ? 'optional' : 'required' }
      : {}),
    // One expression, or a list of names: the format does not allow both in one component.
    ...(pkg.licences.length > 0 ? { licenses: pkg.licences.map((name) => ({ license: { name } })) } : {}),
    properties,
  };
}

function vulnerabilities(findings: readonly SbomFinding[]): object[] {
  const byId = new Map<string, { first: SbomFinding; refs: Set<string> }>();
  for (const finding of findings) {
    const known = byId.get(finding.vulnerabilityId);
    if (known) known.refs.add(finding.purl);
    else byId.set(finding.vulnerabilityId, { first: finding, refs: new Set([finding.purl]) });
  }
  return [...byId.values()].map(({ first, refs }) => ({
    'bom-ref': `vulnerability:${first.vulnerabilityId}`,
    id: first.vulnerabilityId,
    source: { name: first.source },
    ratings: [
      {
        ...(first.score === null ? {} : { score: first.score }),
        severity: severityWord(first.severity),
        ...(first.method ? { method: first.method } : {}),
        ...(first.vector ? { vector: first.vector } : {}),
      },
    ],
    ...(first.description ? { description: first.description } : {}),
    ...(first.recommendation ? { recommendation: first.recommendation } : {}),
    affects: [...refs].map((ref) => ({ ref })),
  }));
}

function severityWord(severity: string): string {
  if (severity === 'INFORMATIONAL') return 'info';
  return severity === 'UNTRIAGED' ? 'unknown' : severity.toLowerCase();
}

function uuidOf(text: string): string {
  const hash = createHash('sha256').update(text).digest('hex');
  const variant = '89ab'[Number.parseInt(hash[16] ?? '0', 16) % 4];
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}
