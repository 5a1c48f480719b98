import { createHash } from 'node:crypto';
import type { Package } from '../model/package.ts';
import { componentRef } from '../pipeline/publish/cyclonedx.ts';
import { detailText, exportedPurl, isSystemPackage, type SbomExportSubject } from './sbom-export-subject.ts';

/**
 * One resource as CycloneDX 1.4, in the shape of Inspector's exports: components with purls in its spelling, and the
 * vulnerabilities that the resource's active findings name. What could not be read is told in properties, so that a
 * partial inventory does not look whole. Pure.
 * Source: https://docs.aws.amazon.com/inspector/latest/user/sbom-export.html
 */
export function exportedCycloneDx(subject: SbomExportSubject): object {
  const packages = subject.inventory.packages.map((item) => item.package);
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.4',
    version: 1,
    metadata: {
      timestamp: subject.now.toISOString().replace(/\.\d{3}Z$/, 'Z'),
      component: null,
      properties: properties(subject),
    },
    components: packages.map(component),
    vulnerabilities: subject.vulnerabilities.map(({ vulnerabilityId, ordinals }) => ({
      id: vulnerabilityId,
      affects: ordinals.flatMap((ordinal) => {
        const pkg = packages[ordinal];
        return pkg ? [{ ref: refOf(pkg) }] : [];
      }),
    })),
  };
}

type Property = { readonly name: string; readonly value: string };

function properties({ resource, inventory }: SbomExportSubject): readonly Property[] {
  const imageId = detailText(resource, 'imageHash') ?? detailText(resource, 'imageId');
  const architecture = detailText(resource, 'architecture');
  return [
    ...(imageId === null ? [] : [{ name: 'imageId', value: imageId }]),
    ...(architecture === null ? [] : [{ name: 'architecture', value: architecture }]),
    { name: 'accountId', value: resource.accountId },
    { name: 'resourceType', value: resource.type },
    ...inventory.problems.map(({ kind, where, why }) => ({
      name: 'openinspector:problem',
      value: JSON.stringify({ kind, where, why }),
    })),
  ];
}

function component(pkg: Package): object {
  return {
    type: isSystemPackage(pkg) ? 'application' : 'library',
    name: pkg.name,
    purl: exportedPurl(pkg),
    'bom-ref': refOf(pkg),
  };
}

function refOf(pkg: Package): string {
  return createHash('sha256').update(componentRef(pkg)).digest('hex').slice(0, 32);
}
