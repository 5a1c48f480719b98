import { createHash } from 'node:crypto';
import type { Inventory } from '../../model/inventory.ts';
import type { Package } from '../../model/package.ts';
import type { SbomSubject } from './cyclonedx.ts';
import { dependencyEdges } from './dependency-edges.ts';
import { isListedExpression } from './licence-expression.ts';

const subjectId = 'SPDXRef-Subject';
// Readers that take the system from a document know it by this beginning. The purpose that would say so is spelt in
// one way by the schema of 2.3 and in another by its text, so no spelling is right for both.
const osId = 'SPDXRef-OperatingSystem';
const placesMax = 20;

type Relationship = {
  readonly spdxElementId: string;
  readonly relationshipType: string;
  readonly relatedSpdxElement: string;
};

type Stamp = { readonly created: string; readonly tool: string };

/**
 * An inventory as SPDX 2.3 JSON that its schema accepts. What the format has no field for (places, layers, owner,
 * source package, scope) travels as JSON in an annotation of each package, and what is said of the whole inventory in
 * one of the document, so that reading it back loses nothing. Pure: `now` is given.
 * Source: https://spdx.github.io/spdx-spec/v2.3/
 */
export function spdx(subject: SbomSubject, inventory: Inventory, now: Date, version: string): object {
  const stamp: Stamp = {
    created: now.toISOString().replace(/\.\d{3}Z$/, 'Z'),
    tool: `Tool: OpenInspector-${version}`,
  };
  const { os, packages, problems, facts } = inventory;
  const extracted = new Map<string, string>();
  const listed = packages.map((pkg) => spdxPackage(pkg, stamp, extracted));
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: subject.name,
    documentNamespace: namespaceOf(subject, packages, now),
    creationInfo: { created: stamp.created, creators: [stamp.tool] },
    annotations: [annotation(stamp, { os, facts, problems })],
    packages: [subjectPackage(subject), ...(os ? [osPackage(os.id, os.versionId)] : []), ...listed],
    ...(extracted.size > 0
      ? {
          hasExtractedLicensingInfos: [...extracted].map(([licenseId, extractedText]) => ({
            licenseId,
            extractedText,
          })),
        }
      : {}),
    relationships: relationships(inventory),
  };
}

function namespaceOf(subject: SbomSubject, packages: readonly Package[], now: Date): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([subject, packages.map(idOf), now.getTime()]))
    .digest('hex')
    .slice(0, 32);
  return `https://openinspector.invalid/spdx/${encodeURIComponent(subject.name.toWellFormed())}-${hash}`;
}

const purposes = { container: 'CONTAINER', device: 'DEVICE', application: 'APPLICATION' } as const;

function subjectPackage(subject: SbomSubject): object {
  return {
    SPDXID: subjectId,
    name: subject.name,
    ...(subject.version ? { versionInfo: subject.version } : {}),
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    primaryPackagePurpose: purposes[subject.type],
  };
}

function osPackage(id: string, versionId: string | null): object {
  return {
    SPDXID: osId,
    name: id,
    ...(versionId === null ? {} : { versionInfo: versionId }),
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
  };
}

function spdxPackage(pkg: Package, stamp: Stamp, extracted: Map<string, string>): object {
  const places = pkg.evidence.map(({ path, layer }) => (layer ? `${path} (layer ${layer})` : path));
  const more = places.length > placesMax ? ` and ${places.length - placesMax} more` : '';
  const { purl: _purl, ecosystem: _ecosystem, name, version, ...rest } = pkg;
  return {
    SPDXID: idOf(pkg),
    name,
    versionInfo: version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: declared(pkg.licences, extracted),
    copyrightText: 'NOASSERTION',
    ...(places.length > 0 ? { sourceInfo: `found in ${places.slice(0, placesMax).join(', ')}${more}` } : {}),
    externalRefs: [
      { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: pkg.purl },
    ],
    annotations: [annotation(stamp, rest)],
  };
}

function idOf(pkg: Package): string {
  const key = `${pkg.purl} ${pkg.owner ?? ''}`;
  return `SPDXRef-Package-${createHash('sha256').update(key).digest('hex').slice(0, 24)}`;
}

function annotation(stamp: Stamp, what: object): object {
  return {
    annotationDate: stamp.created,
    annotationType: 'OTHER',
    annotator: stamp.tool,
    comment: `openinspector: ${JSON.stringify(what)}`,
  };
}

/**
 * One expression for all of a package's licences. A text that is none becomes a licence of this document: its text is
 * all that the package says of it.
 */
function declared(licences: readonly string[], extracted: Map<string, string>): string {
  if (licences.length === 0) return 'NOASSERTION';
  const terms = licences.map((text) => {
    if (isListedExpression(text)) return licences.length > 1 && /\sOR\s/.test(text) ? `(${text})` : text;
    const id = `LicenseRef-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
    extracted.set(id, text);
    return id;
  });
  return [...new Set(terms)].join(' AND ');
}

function relationships({ os, packages }: Inventory): readonly Relationship[] {
  const { direct, children } = dependencyEdges(packages);
  const contained = [...(os ? [osId] : []), ...packages.map(idOf)];
  return [
    relationship('SPDXRef-DOCUMENT', 'DESCRIBES', subjectId),
    ...contained.map((id) => relationship(subjectId, 'CONTAINS', id)),
    ...direct.map((pkg) => dependency(subjectId, pkg)),
    ...[...children].flatMap(([parent, found]) => found.map((pkg) => dependency(idOf(parent), pkg))),
  ];
}

const dependencyKinds = {
  runtime: 'RUNTIME_DEPENDENCY_OF',
  optional: 'OPTIONAL_DEPENDENCY_OF',
  dev: 'DEV_DEPENDENCY_OF',
  test: 'TEST_DEPENDENCY_OF',
} as const;

function dependency(parent: string, pkg: Package): Relationship {
  return pkg.scope === null
    ? relationship(parent, 'DEPENDS_ON', idOf(pkg))
    : relationship(idOf(pkg), dependencyKinds[pkg.scope], parent);
}

function relationship(
  spdxElementId: string,
  relationshipType: string,
  relatedSpdxElement: string,
): Relationship {
  return { spdxElementId, relationshipType, relatedSpdxElement };
}
