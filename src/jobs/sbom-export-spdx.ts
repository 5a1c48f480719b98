import { createHash } from 'node:crypto';
import type { Package } from '../model/package.ts';
import { componentRef } from '../pipeline/publish/cyclonedx.ts';
import { detailText, exportedPurl, platformWord, type SbomExportSubject } from './sbom-export-subject.ts';

type Reference = {
  readonly referenceCategory: string;
  readonly referenceType: string;
  readonly referenceLocator: string;
};

// How names and namespaces of documents say what kind of resource they tell of. Inspector's guide shows EC2; the
// others follow it.
const kinds: Readonly<Record<string, string>> = {
  AWS_EC2_INSTANCE: 'EC2',
  AWS_ECR_CONTAINER_IMAGE: 'ECR',
  AWS_LAMBDA_FUNCTION: 'LAMBDA',
};

/**
 * One resource as SPDX 2.3, in the shape of Inspector's exports, which leave `dataLicense` out. What could not be
 * read is told in an annotation, so that a partial inventory does not look whole. Pure.
 * Source: https://docs.aws.amazon.com/inspector/latest/user/sbom-export.html
 */
export function exportedSpdx(subject: SbomExportSubject): object {
  const { resource, inventory, now, version } = subject;
  const created = now.toISOString().replace(/\.\d{3}Z$/, 'Z');
  const tool = `Tool: OpenInspector-${version}`;
  const packages = inventory.packages.map((item) => item.package);
  const vulnerabilities = byPackage(subject);
  return {
    name: nameOf(subject),
    spdxVersion: 'SPDX-2.3',
    creationInfo: { created, creators: [`Organization: ${resource.accountId}`, tool] },
    documentNamespace: namespaceOf(subject),
    comment: '',
    ...(inventory.problems.length === 0
      ? {}
      : { annotations: [annotation(created, tool, inventory.problems)] }),
    packages: packages.map((pkg, ordinal) => spdxPackage(pkg, vulnerabilities.get(ordinal) ?? [])),
    relationships: packages.map((pkg) => ({
      spdxElementId: 'SPDXRef-DOCUMENT',
      relatedSpdxElement: idOf(pkg),
      relationshipType: 'DESCRIBES',
    })),
    SPDXID: 'SPDXRef-DOCUMENT',
  };
}

function byPackage({ vulnerabilities }: SbomExportSubject): ReadonlyMap<number, string[]> {
  const found = new Map<number, string[]>();
  for (const { vulnerabilityId, ordinals } of vulnerabilities)
    for (const ordinal of ordinals) {
      const known = found.get(ordinal);
      if (known) known.push(vulnerabilityId);
      else found.set(ordinal, [vulnerabilityId]);
    }
  return found;
}

function nameOf({ resource }: SbomExportSubject): string {
  const kind = kinds[resource.type] ?? resource.type;
  const parts: Readonly<Record<string, readonly (string | null)[]>> = {
    EC2: [resource.id, detailText(resource, 'imageId')],
    ECR: [detailText(resource, 'repositoryName'), detailText(resource, 'imageHash')],
    LAMBDA: [detailText(resource, 'functionName'), detailText(resource, 'version') ?? '$LATEST'],
  };
  const rest = (parts[kind] ?? [resource.id]).filter((part) => part !== null);
  return [resource.accountId, kind, ...rest].join('/');
}

function namespaceOf({ resource, inventory }: SbomExportSubject): string {
  const kind = kinds[resource.type] ?? resource.type;
  const platform = detailText(resource, 'platform') ?? platformWord(inventory.os) ?? 'null';
  const architecture = detailText(resource, 'architecture') ?? 'null';
  return `${kind}://${[resource.id, platform, 'null', architecture].map((part) => encodeURI(part.toWellFormed())).join('/')}`;
}

function spdxPackage(pkg: Package, vulnerabilities: readonly string[]): object {
  const place = pkg.evidence[0]?.path;
  return {
    name: pkg.name,
    versionInfo: pkg.version,
    downloadLocation: 'NOASSERTION',
    ...(place === undefined ? {} : { sourceInfo: `/${place}` }),
    filesAnalyzed: false,
    externalRefs: [
      reference('PACKAGE-MANAGER', 'purl', exportedPurl(pkg)),
      ...vulnerabilities.map((id) => reference('SECURITY', 'vulnerability', id)),
    ],
    SPDXID: idOf(pkg),
  };
}

function reference(referenceCategory: string, referenceType: string, referenceLocator: string): Reference {
  return { referenceCategory, referenceType, referenceLocator };
}

function annotation(annotationDate: string, annotator: string, problems: readonly object[]): object {
  const comment = `openinspector: ${JSON.stringify({ problems })}`;
  return { annotationDate, annotationType: 'OTHER', annotator, comment };
}

// Identifiers have letters, digits, dots and dashes only; the hash keeps apart what that makes alike.
function idOf(pkg: Package): string {
  const hash = createHash('sha256').update(componentRef(pkg)).digest('hex').slice(0, 32);
  const type = pkg.ecosystem === 'deb' ? 'dpkg' : pkg.ecosystem;
  return `SPDXRef-Package-${type}-${pkg.name.replace(/[^A-Za-z0-9.-]/g, '-')}-${hash}`;
}
