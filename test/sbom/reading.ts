import assert from 'node:assert/strict';
import { readSbomBytes } from '../../src/plugins/targets/sbom/read-sbom.ts';
import type { SbomContent } from '../../src/plugins/targets/sbom/sbom-content.ts';

/** What an SBOM gives that must be readable. A value that is no text is written as JSON. */
export function contentOf(document: unknown): SbomContent {
  const content = readSbomBytes(bytesOf(document), 'bom');
  assert.ok(!('kind' in content), 'kind' in content ? content.why : '');
  return content;
}

/** Why an SBOM is refused, as `kind: why`. */
export function refusalOf(document: unknown): string {
  const content = readSbomBytes(bytesOf(document), 'bom');
  assert.ok('kind' in content, 'should have been refused');
  return `${content.kind}: ${content.why}`;
}

function bytesOf(document: unknown): Uint8Array {
  if (document instanceof Uint8Array) return document;
  return Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));
}

/** `purl` of every package. */
export function purlsOf({ packages }: SbomContent): readonly string[] {
  return packages.map(({ purl }) => purl);
}

/** `kind: where why` of every problem. */
export function problemsOf({ problems }: SbomContent): readonly string[] {
  return problems.map(({ kind, where, why }) => `${kind}: ${where} ${why}`);
}

/** A CycloneDX document of these components. */
export function cycloneDxOf(components: readonly object[], rest: object = {}): object {
  return { bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components, ...rest };
}

/** An SPDX 2.3 document of these packages. */
export function spdxOf(packages: readonly object[], rest: object = {}): object {
  return { spdxVersion: 'SPDX-2.3', SPDXID: 'SPDXRef-DOCUMENT', name: 'doc', packages, ...rest };
}

/** An SPDX package with a purl; its id is its name. */
export function spdxPackage(name: string, purl: string | null, rest: object = {}): object {
  const reference = {
    referenceCategory: 'PACKAGE-MANAGER',
    referenceType: 'purl',
    referenceLocator: purl,
  };
  return { SPDXID: `SPDXRef-${name}`, name, externalRefs: purl === null ? [] : [reference], ...rest };
}
