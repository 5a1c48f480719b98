import { type Fields, fields, list, numberOf, textOf } from '../../../lib/fields.ts';
import type { Evidence, Package } from '../../../model/package.ts';
import type { ProblemList } from './problem-list.ts';

/** Properties of a CycloneDX component by name; of a name that comes twice the first counts. */
export type Properties = ReadonlyMap<string, string>;

const pathLengthMax = 4096;
const placesMax = 10_000;

export function propertiesOf(component: Fields, where: string, problems: ProblemList): Properties {
  const properties = new Map<string, string>();
  for (const { name, value } of problems.objectsIn(component, 'properties', where)) {
    if (typeof name === 'string' && typeof value === 'string' && !properties.has(name))
      properties.set(name, value);
  }
  return properties;
}

// Where other tools write the place and the layer that they found a component at.
const placeNames = [
  ['aquasecurity:trivy:FilePath', 'aquasecurity:trivy:LayerDiffID'],
  ['amazon:inspector:sbom_generator:source_path', 'amazon:inspector:sbom_generator:layer_diff_id'],
  ['amazon:inspector:sbom_scanner:path', ''],
  ['SrcFile', ''],
  ['cdx:npm:package:path', ''],
] as const;

/** Every place that a component names, in the format's own field or as its tool writes it; else the document itself. */
export function evidenceIn(component: Fields, properties: Properties, where: string): readonly Evidence[] {
  const found: Evidence[] = [];
  const layer =
    placeNames.map(([, name]) => textOf(properties.get(name))).find((text) => text !== null) ?? null;
  for (const item of list(fields(component.evidence).occurrences).slice(0, placesMax)) {
    const path = textOf(fields(item).location);
    const line = numberOf(fields(item).line);
    if (path !== null)
      found.push({ path: plainPath(path), layer, line: line !== null && line > 0 ? Math.floor(line) : null });
  }
  for (let index = 0; index < placesMax; index++) {
    const path = textOf(properties.get(`syft:location:${index}:path`));
    if (path === null) break;
    const layerId = textOf(properties.get(`syft:location:${index}:layerID`));
    found.push({ path: plainPath(path), layer: layerId, line: null });
  }
  if (found.length > 0) return found;
  const path =
    placeNames.map(([name]) => textOf(properties.get(name))).find((text) => text !== null) ?? where;
  return [{ path: plainPath(path), layer, line: null }];
}

/** A path as evidence writes it. It is only shown and never opened. */
export function plainPath(path: string): string {
  return path.slice(0, pathLengthMax).toWellFormed().replace(/^\/+/, '') || '/';
}

/** The source package as Trivy and Syft write it, or null. */
export function sourceIn(properties: Properties): Package['source'] {
  const get = (name: string) => textOf(properties.get(name));
  const name = get('aquasecurity:trivy:SrcName') ?? get('syft:metadata:source');
  const version = get('aquasecurity:trivy:SrcVersion') ?? get('syft:metadata:sourceVersion');
  if (name === null || version === null) return null;
  const release = get('aquasecurity:trivy:SrcRelease');
  const epoch = get('aquasecurity:trivy:SrcEpoch');
  const front = epoch !== null && epoch !== '0' ? `${epoch}:` : '';
  return { name, version: `${front}${version}${release === null ? '' : `-${release}`}` };
}
