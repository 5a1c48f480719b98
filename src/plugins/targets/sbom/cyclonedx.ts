import { type Fields, fields, list, textOf } from '../../../lib/fields.ts';
import type { OsRelease } from '../../../model/os-release.ts';
import type { Evidence, Package } from '../../../model/package.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import { packageOfPurl } from './package-of-purl.ts';
import type { SbomContent } from './sbom-content.ts';

const componentsMax = 1_000_000;
const depthMax = 32;
const listedMax = 10_000;

/** Source: https://cyclonedx.org/docs/1.6/json/ */
export function readCycloneDx(document: Fields, where: string): SbomContent {
  const packages: Package[] = [];
  const problems: Problem[] = [];
  let os: OsRelease | null = null;
  let count = 0;
  const root = fields(fields(document.metadata).component);
  visit(root, 0, true);
  for (const component of list(document.components)) visit(fields(component), 0, false);
  return { os, packages, problems, name: textOf(root.name), digest: null };

  function visit(component: Fields, depth: number, isSubject: boolean): void {
    if (++count > componentsMax || depth > depthMax) {
      const limit = depth > depthMax ? 'depthMax' : 'componentsMax';
      if (count === componentsMax + 1 || depth === depthMax + 1) {
        problems.push(problem('limit', where, 'has more components than are read', limit));
      }
      return;
    }
    if (component.type === 'operating-system') os = osOf(component);
    else if (textOf(component.purl)) take(component, component.purl as string);
    else if (!isSubject && component.type !== 'file' && textOf(component.name)) {
      const why = 'has no purl, so no ecosystem is known and it is not assessed';
      problems.push(
        problem(
          'not-assessed',
          `${where}: component ${component.name} ${component.version ?? ''}`.trim(),
          why,
        ),
      );
    }
    for (const child of list(component.components)) visit(fields(child), depth + 1, false);
  }

  function take(component: Fields, purlText: string): void {
    const properties = new Map<string, string>();
    for (const item of list(component.properties)) {
      const name = textOf(fields(item).name);
      const value = textOf(fields(item).value);
      if (name && value) properties.set(name, value);
    }
    const path =
      properties.get('aquasecurity:trivy:FilePath') ?? properties.get('syft:location:0:path') ?? where;
    const layer =
      properties.get('aquasecurity:trivy:LayerDiffID') ?? properties.get('syft:location:0:layerID') ?? null;
    const made = packageOfPurl({
      purlText,
      evidence: [{ path: path.replace(/^\/+/, ''), layer, line: null }],
      source: sourceOf(properties),
      licences: licencesOf(component),
      scope: component.scope === 'optional' ? 'optional' : component.scope === 'required' ? 'runtime' : null,
    });
    if (typeof made !== 'string') packages.push(restoreOwn(made, properties));
    // The subject of the document itself (an image, a project) often has a purl without a version.
    else if (!purlText.startsWith('pkg:oci/'))
      problems.push(problem('malformed', `${where}: ${purlText.slice(0, 200)}`, made));
  }
}

const own = 'openinspector:';

/** What our own documents carry beyond the format, so that reading one back loses nothing. */
function restoreOwn(pkg: Package, properties: ReadonlyMap<string, string>): Package {
  if (!properties.has(`${own}evidence:0:path`)) return pkg;
  const get = (name: string) => properties.get(own + name) ?? null;
  const evidence: Evidence[] = [];
  for (let index = 0; index < listedMax; index++) {
    const path = get(`evidence:${index}:path`);
    if (path === null) break;
    const line = Number(get(`evidence:${index}:line`));
    evidence.push({ path, layer: get(`evidence:${index}:layer`), line: line > 0 ? line : null });
  }
  const introducedBy: string[] = [];
  for (let index = 0; index < listedMax; index++) {
    const name = get(`introduced-by:${index}`);
    if (name === null) break;
    introducedBy.push(name);
  }
  const attributes: Record<string, string> = {};
  for (const [name, value] of properties) {
    if (name.startsWith(`${own}attribute:`)) attributes[name.slice(own.length + 'attribute:'.length)] = value;
  }
  const source = { name: get('source:name'), version: get('source:version') };
  const scope = get('scope');
  const relation = get('relation');
  return {
    ...pkg,
    name: get('name') ?? pkg.name,
    version: get('version') ?? pkg.version,
    arch: get('arch'),
    source:
      source.name !== null && source.version !== null ? { name: source.name, version: source.version } : null,
    evidence,
    scope: scope === 'runtime' || scope === 'dev' || scope === 'test' || scope === 'optional' ? scope : null,
    relation: relation === 'direct' || relation === 'transitive' ? relation : null,
    introducedBy,
    owner: get('owner'),
    attributes,
  };
}

function osOf(component: Fields): OsRelease | null {
  const id = textOf(component.name)?.toLowerCase();
  if (!id) return null;
  const versionId = textOf(component.version);
  const codename = list(component.properties).find((item) => fields(item).name === `${own}codename`);
  return {
    id,
    idLike: [],
    versionId,
    codename: textOf(fields(codename).value),
    prettyName: textOf(component.description),
  };
}

function sourceOf(properties: ReadonlyMap<string, string>): Package['source'] {
  const name = properties.get('aquasecurity:trivy:SrcName');
  const version = properties.get('aquasecurity:trivy:SrcVersion');
  if (!name || !version) return null;
  const release = properties.get('aquasecurity:trivy:SrcRelease');
  const epoch = properties.get('aquasecurity:trivy:SrcEpoch');
  return {
    name,
    version: `${epoch && epoch !== '0' ? `${epoch}:` : ''}${version}${release ? `-${release}` : ''}`,
  };
}

function licencesOf(component: Fields): string[] {
  const found: string[] = [];
  for (const item of list(component.licenses)) {
    const licence = fields(fields(item).license);
    const text = textOf(fields(item).expression) ?? textOf(licence.id) ?? textOf(licence.name);
    if (text) found.push(text);
  }
  return found;
}
