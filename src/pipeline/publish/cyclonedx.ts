import { createHash } from 'node:crypto';
import type { Inventory } from '../../model/inventory.ts';
import type { OsRelease } from '../../model/os-release.ts';
import type { Package } from '../../model/package.ts';
import { dependencyEdges } from './dependency-edges.ts';
import { isLicenceId, isListedExpression } from './licence-expression.ts';

export type SbomSubject = {
  readonly name: string;
  readonly type: 'container' | 'application' | 'device';
  readonly version: string | null;
};

/** A finding as an SBOM can carry it. `purl` is the `componentRef` of its package. */
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

type Property = { readonly name: string; readonly value: string };

const own = 'openinspector';
const subjectRef = 'subject';

/**
 * An inventory as CycloneDX 1.6 JSON that its schema accepts. What the format has no field for (layers, owner, source
 * package, the path of names that brought a package, problems) travels as properties under `openinspector:`, so that
 * reading it back loses nothing. Pure: `now` is given.
 * Source: https://cyclonedx.org/docs/1.6/json/
 */
export function cycloneDx(
  subject: SbomSubject,
  inventory: Inventory,
  findings: readonly SbomFinding[],
  now: Date,
  version: string,
): object {
  const { os, packages } = inventory;
  const identity = JSON.stringify([subject, packages.map(({ purl }) => purl), now.getTime()]);
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(identity)}`,
    version: 1,
    metadata: {
      timestamp: now.toISOString(),
      tools: { components: [{ type: 'application', name: 'OpenInspector', version }] },
      component: {
        type: subject.type,
        'bom-ref': subjectRef,
        name: subject.name,
        ...(subject.version ? { version: subject.version } : {}),
      },
      properties: inventoryProperties(inventory),
    },
    components: [...packages.map(component), ...(os ? [osComponent(os)] : [])],
    dependencies: dependencies(inventory),
    ...(findings.length > 0 ? { vulnerabilities: vulnerabilities(findings) } : {}),
  };
}

/** Distinct for each listed package: the same version may stand apart as owned and as free. */
export function componentRef(pkg: Package): string {
  return pkg.owner === null ? pkg.purl : `${pkg.purl}#owner=${encodeURIComponent(pkg.owner.toWellFormed())}`;
}

function component(pkg: Package): object {
  return {
    type: 'library',
    'bom-ref': componentRef(pkg),
    name: pkg.name,
    version: pkg.version,
    ...(pkg.scope === null ? {} : { scope: scopes[pkg.scope] }),
    ...(pkg.licences.length > 0 ? { licenses: licences(pkg.licences) } : {}),
    purl: pkg.purl,
    evidence: {
      occurrences: pkg.evidence.map(({ path, line }) => ({
        location: path,
        ...(line === null ? {} : { line }),
      })),
    },
    properties: packageProperties(pkg),
  };
}

// "Excluded" is for what never runs; which of ours it was, the property tells.
const scopes = { runtime: 'required', optional: 'optional', dev: 'excluded', test: 'excluded' } as const;

// One expression, or a list of licences: the format does not allow both in one component.
function licences(texts: readonly string[]): object[] {
  const [only = ''] = texts;
  if (texts.length === 1 && !isLicenceId(only) && isListedExpression(only)) return [{ expression: only }];
  return texts.map((text) => ({ license: isLicenceId(text) ? { id: text } : { name: text } }));
}

function packageProperties(pkg: Package): readonly Property[] {
  const { add, properties } = propertyList();
  // Says that the component is ours, and in which form.
  add('package', '1');
  for (const [index, { layer }] of pkg.evidence.entries()) add(`evidence:${index}:layer`, layer);
  add('arch', pkg.arch);
  add('source:name', pkg.source?.name ?? null);
  add('source:version', pkg.source?.version ?? null);
  add('owner', pkg.owner);
  add('scope', pkg.scope);
  add('relation', pkg.relation);
  for (const [index, name] of pkg.introducedBy.entries()) add(`introduced-by:${index}`, name);
  for (const [name, value] of Object.entries(pkg.attributes)) add(`attribute:${name}`, value);
  return properties;
}

function inventoryProperties({ facts, problems }: Inventory): readonly Property[] {
  const { add, properties } = propertyList();
  add('is-container', String(facts.isContainer));
  add('running-kernel', facts.runningKernel);
  for (const [index, layer] of facts.layers.entries()) add(`layer:${index}`, layer);
  for (const { kind, where, why, limit } of problems)
    add('problem', JSON.stringify({ kind, where, why, limit }));
  return properties;
}

function osComponent(os: OsRelease): object {
  const { add, properties } = propertyList();
  for (const [index, id] of os.idLike.entries()) add(`id-like:${index}`, id);
  add('codename', os.codename);
  return {
    type: 'operating-system',
    'bom-ref': osRef(os),
    name: os.id,
    ...(os.versionId === null ? {} : { version: os.versionId }),
    ...(os.prettyName === null ? {} : { description: os.prettyName }),
    ...(properties.length > 0 ? { properties } : {}),
  };
}

function osRef(os: OsRelease): string {
  return `os:${os.id}`;
}

function propertyList(): {
  readonly add: (name: string, value: string | null) => void;
  readonly properties: readonly Property[];
} {
  const properties: Property[] = [];
  return {
    add(name, value) {
      if (value !== null) properties.push({ name: `${own}:${name}`, value });
    },
    properties,
  };
}

function dependencies({ os, packages }: Inventory): object[] {
  const { direct, children } = dependencyEdges(packages);
  const first = [...(os ? [osRef(os)] : []), ...refsOf(direct)];
  return [
    { ref: subjectRef, dependsOn: first },
    ...[...children].map(([parent, found]) => ({ ref: componentRef(parent), dependsOn: refsOf(found) })),
  ];
}

function refsOf(packages: readonly Package[]): string[] {
  return [...new Set(packages.map(componentRef))];
}

function vulnerabilities(findings: readonly SbomFinding[]): object[] {
  const byId = new Map<string, SbomFinding[]>();
  for (const finding of findings) {
    const known = byId.get(finding.vulnerabilityId);
    if (known) known.push(finding);
    else byId.set(finding.vulnerabilityId, [finding]);
  }
  return [...byId.values()].map(vulnerability);
}

function vulnerability(findings: readonly SbomFinding[]): object {
  const first = findings[0] as SbomFinding;
  const recommendations = new Set(findings.flatMap(({ recommendation }) => recommendation ?? []));
  return {
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
    ...(recommendations.size > 0 ? { recommendation: [...recommendations].join('; ') } : {}),
    affects: [...new Set(findings.map(({ purl }) => purl))].map((ref) => ({ ref })),
  };
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
