import { createHash } from 'node:crypto';
import type { Inventory } from '../../model/inventory.ts';
import type { Package } from '../../model/package.ts';
import type { SbomSubject } from './cyclonedx.ts';

/**
 * An inventory as SPDX 2.3 JSON. Pure: `now` is given.
 * Source: https://spdx.github.io/spdx-spec/v2.3/
 */
export function spdx(subject: SbomSubject, inventory: Inventory, now: Date, version: string): object {
  const packages: object[] = inventory.packages.map(spdxPackage);
  const ids = packages.map((item) => (item as { SPDXID: string }).SPDXID);
  const hash = createHash('sha256')
    .update(JSON.stringify([subject, ids, now.getTime()]))
    .digest('hex')
    .slice(0, 32);
  const os = inventory.os;
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: subject.name,
    documentNamespace: `https://openinspector.invalid/spdx/${encodeURIComponent(subject.name)}-${hash}`,
    creationInfo: {
      created: now.toISOString().replace(/\.\d{3}Z$/, 'Z'),
      creators: [`Tool: OpenInspector-${version}`],
    },
    packages: [
      {
        SPDXID: 'SPDXRef-Subject',
        name: subject.name,
        ...(subject.version ? { versionInfo: subject.version } : {}),
        downloadLocation: 'NOASSERTION',
        filesAnalyzed: false,
        primaryPackagePurpose:
          subject.type === 'container' ? 'CONTAINER' : subject.type === 'device' ? 'DEVICE' : 'APPLICATION',
      },
      ...(os
        ? [
            {
              SPDXID: 'SPDXRef-OperatingSystem',
              name: os.id,
              ...(os.versionId ? { versionInfo: os.versionId } : {}),
              downloadLocation: 'NOASSERTION',
              filesAnalyzed: false,
              primaryPackagePurpose: 'OPERATING-SYSTEM',
            },
          ]
        : []),
      ...packages,
    ],
    relationships: [
      {
        spdxElementId: 'SPDXRef-DOCUMENT',
        relationshipType: 'DESCRIBES',
        relatedSpdxElement: 'SPDXRef-Subject',
      },
      ...[...(os ? ['SPDXRef-OperatingSystem'] : []), ...ids].map((id) => ({
        spdxElementId: 'SPDXRef-Subject',
        relationshipType: 'CONTAINS',
        relatedSpdxElement: id,
      })),
    ],
  };
}

function spdxPackage(pkg: Package): { SPDXID: string } {
  const key = `${pkg.purl} ${pkg.owner ?? ''}`;
  const places = pkg.evidence.map(({ path, layer }) => (layer ? `${path} (layer ${layer})` : path));
  return {
    SPDXID: `SPDXRef-Package-${createHash('sha256').update(key).digest('hex').slice(0, 24)}`,
    ...{
      name: pkg.name,
      versionInfo: pkg.version,
      downloadLocation: 'NOASSERTION',
      filesAnalyzed: false,
      // A licence field may hold any text; SPDX takes only expressions of its own list here.
      licenseConcluded: 'NOASSERTION',
      licenseDeclared: 'NOASSERTION',
      ...(pkg.licences.length > 0 ? { licenseComments: pkg.licences.join('; ') } : {}),
      copyrightText: 'NOASSERTION',
      sourceInfo: `found in ${places.slice(0, 20).join(', ')}`,
      externalRefs: [
        { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: pkg.purl },
      ],
    },
  };
}
