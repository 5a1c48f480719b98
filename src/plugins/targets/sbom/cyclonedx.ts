import { type Fields, fields, list, numberOf, textOf } from '../../../lib/fields.ts';
import type { OsRelease } from '../../../model/os-release.ts';
import type { PackageScope } from '../../../model/package.ts';
import { type DependencyGraph, type Referred, withRelations } from './dependency-graph.ts';
import { type Entry, ownPackages, packagesOfEntry } from './entry.ts';
import { joinPackages } from './join-packages.ts';
import { parseJsonDocument } from './json-document.ts';
import { ownInventoryFacts, ownProblem } from './own-facts.ts';
import { type ProblemList, problemList, shown } from './problem-list.ts';
import { evidenceIn, type Properties, propertiesOf, sourceIn } from './properties.ts';
import type { SbomContent } from './sbom-content.ts';
import { systemId, systemOfPackages } from './system.ts';

const componentsMax = 250_000;
const componentDepthMax = 32;
const newestMinor = 7;
const own = 'openinspector:';
// What is no software that could have an advisory.
const silentTypes = new Set(['file', 'data', 'cryptographic-asset', 'machine-learning-model']);

type State = {
  readonly where: string;
  readonly problems: ProblemList;
  readonly packages: Referred[];
  readonly isOwn: boolean;
  os: OsRelease | null;
  count: number;
};

/**
 * CycloneDX 1.0 to 1.7, from JSON or from XML in the same shape. Newer ones are read as the newest known.
 * Source: https://cyclonedx.org/docs/1.7/json/
 */
export function readCycloneDx(document: Fields, where: string): SbomContent {
  const problems = problemList(where);
  const metadata = fields(document.metadata);
  const root = fields(metadata.component);
  checkVersion(document, where, problems);
  const told = ownFactsIn(metadata, problems);
  const state: State = { where, problems, packages: [], isOwn: told !== null, os: null, count: 0 };
  visit(root, 0, state);
  for (const component of problems.objectsIn(document, 'components', where)) visit(component, 1, state);
  noteUnread(document, where, problems);
  const graph = graphOf(document, textOf(root['bom-ref']), where, problems);
  const packages = joinPackages(withRelations(state.packages, graph, where, problems));
  const os = state.os ?? (told === null ? systemOfPackages(packages, where, problems) : null);
  return {
    os,
    packages,
    problems: problems.all(),
    name: textOf(root.name)?.toWellFormed() ?? null,
    facts: told ?? { isContainer: !isMachine(root.type), runningKernel: null, layers: [] },
    isOwn: told !== null,
  };
}

function isMachine(type: unknown): boolean {
  return type === 'device' || type === 'operating-system' || type === 'firmware';
}

function checkVersion(document: Fields, where: string, problems: ProblemList): void {
  const version = textOf(document.specVersion);
  const minor = /^1\.(\d{1,3})$/.exec(version ?? '')?.[1];
  if (minor !== undefined && Number(minor) <= newestMinor) return;
  const known = `1.${newestMinor}`;
  const said =
    version === null
      ? 'does not say its version of CycloneDX'
      : `is CycloneDX ${shown(version)}, not known here`;
  problems.add('unsupported', where, `${said}; it is read as ${known}`);
}

// The subject is at depth 0, what the document lists at depth 1, and components inside components below.
function visit(component: Fields, depth: number, state: State): void {
  const { where, problems } = state;
  if (++state.count > componentsMax || depth > componentDepthMax) {
    noteLimit(depth, state);
    return;
  }
  const properties = propertiesOf(component, where, problems);
  if (component.type === 'operating-system') takeSystem(osOf(component, properties, state.isOwn), state);
  else take(component, depth, properties, state);
  for (const child of problems.objectsIn(component, 'components', where)) visit(child, depth + 1, state);
}

function takeSystem(os: OsRelease | null, state: State): void {
  if (state.os !== null && os !== null && JSON.stringify(os) !== JSON.stringify(state.os)) {
    const why = `names several systems; its packages are judged as those of ${shown(state.os.id)}`;
    state.problems.add('not-assessed', state.where, why);
  }
  state.os ??= os;
}

function noteLimit(depth: number, { count, where, problems }: State): void {
  if (depth > componentDepthMax) {
    const why = `has components inside one another more than ${componentDepthMax} deep; those are not read`;
    problems.add('limit', where, why, 'componentDepthMax');
  } else if (count === componentsMax + 1) {
    const why = `has more than ${componentsMax} components; the rest is not read`;
    problems.add('limit', where, why, 'componentsMax');
  }
}

function take(component: Fields, depth: number, properties: Properties, state: State): void {
  const { where, problems, packages } = state;
  const entry = entryOf(component, depth, properties, state);
  const { ref } = entry;
  const isTold = properties.has(`${own}package`);
  const found = isTold
    ? ownPackages(entry, ownPackageFacts(component, entry, properties), where, problems)
    : packagesOfEntry(entry, where, problems);
  for (const pkg of found) packages.push({ ref, pkg, isTold });
}

function entryOf(component: Fields, depth: number, properties: Properties, state: State): Entry {
  const { where, problems } = state;
  const purl = textOf(component.purl);
  if (purl === null && component.purl !== undefined && component.purl !== null && component.purl !== '')
    problems.add(
      'malformed',
      `${where}: component ${shown(textOf(component.name) ?? '')}`,
      'its purl is no text',
    );
  const modularity = properties.get('aquasecurity:trivy:Modularitylabel');
  return {
    ref: textOf(component['bom-ref']),
    noun: 'component',
    group: textOf(component.group),
    name: textOf(component.name),
    version: textOf(component.version),
    purls: purl === null ? [] : [purl],
    cpes: [textOf(component.cpe) ?? []].flat(),
    swidTag: textOf(fields(component.swid).tagId),
    links: linksOf(component, problems, where),
    isFrame: depth === 0 || isFrame(component, properties),
    evidence: evidenceIn(component, properties, where),
    source: sourceIn(properties),
    licences: licencesOf(component, problems, where),
    scope: scopeOf(component.scope, properties),
    attributes: modularity === undefined ? {} : { modularity },
  };
}

// Trivy lists lock files and the like as applications that hold what they name; a component without a name is none.
function isFrame(component: Fields, properties: Properties): boolean {
  return (
    silentTypes.has(textOf(component.type) ?? '') ||
    properties.has('aquasecurity:trivy:Class') ||
    (component.type === 'application' && properties.has('aquasecurity:trivy:Type'))
  );
}

function linksOf(component: Fields, problems: ProblemList, where: string): readonly string[] {
  return problems
    .objectsIn(component, 'externalReferences', where)
    .filter(({ type }) => type === 'distribution' || type === 'website' || type === 'other')
    .flatMap(({ url }) => textOf(url) ?? []);
}

function scopeOf(scope: unknown, properties: Properties): PackageScope | null {
  if (properties.get('cdx:npm:package:development') === 'true') return 'dev';
  if (scope === 'required') return 'runtime';
  if (scope === 'optional') return 'optional';
  // "Excluded" is for what is only needed to build and test.
  return scope === 'excluded' ? 'dev' : null;
}

function licencesOf(component: Fields, problems: ProblemList, where: string): readonly string[] {
  return problems.objectsIn(component, 'licenses', where).flatMap((item) => {
    const licence = fields(item.license);
    return textOf(item.expression) ?? textOf(licence.id) ?? textOf(licence.name) ?? [];
  });
}

/** The form in which `ownPackage` takes what our documents say of a package. */
function ownPackageFacts(component: Fields, entry: Entry, properties: Properties): Fields {
  const get = (name: string) => properties.get(own + name) ?? null;
  const occurrences = list(fields(component.evidence).occurrences);
  const attribute = `${own}attribute:`;
  return {
    name: component.name,
    version: component.version,
    arch: get('arch'),
    source: { name: get('source:name'), version: get('source:version') },
    evidence: occurrences.map((item, index) => ({
      path: fields(item).location,
      line: numberOf(fields(item).line),
      layer: get(`evidence:${index}:layer`),
    })),
    scope: get('scope'),
    relation: get('relation'),
    introducedBy: numbered(properties, `${own}introduced-by:`),
    owner: get('owner'),
    licences: entry.licences,
    attributes: Object.fromEntries(
      [...properties]
        .filter(([name]) => name.startsWith(attribute))
        .map(([name, value]) => [name.slice(attribute.length), value]),
    ),
  };
}

function numbered(properties: Properties, prefix: string): readonly string[] {
  const found: string[] = [];
  for (
    let value = properties.get(`${prefix}0`);
    value !== undefined;
    value = properties.get(prefix + found.length)
  )
    found.push(value);
  return found;
}

/** What we write of the whole inventory, or null when the document is not ours. */
function ownFactsIn(metadata: Fields, problems: ProblemList): SbomContent['facts'] | null {
  const properties = propertiesOf(metadata, 'metadata', problems);
  const isContainer = properties.get(`${own}is-container`);
  if (isContainer === undefined) return null;
  for (const item of list(metadata.properties)) {
    const { name, value } = fields(item);
    if (name !== `${own}problem` || typeof value !== 'string') continue;
    const read = parseJsonDocument(value, 'metadata');
    const found = 'kind' in read ? null : ownProblem(read.value);
    if (found !== null) problems.take(found);
    else problems.add('malformed', 'metadata', 'has a problem of OpenInspector that cannot be read');
  }
  return ownInventoryFacts({
    isContainer: isContainer === 'true',
    runningKernel: properties.get(`${own}running-kernel`),
    layers: numbered(properties, `${own}layer:`),
  });
}

function osOf(component: Fields, properties: Properties, isOwn: boolean): OsRelease | null {
  const name = textOf(properties.get('syft:distro:id')) ?? textOf(component.name);
  if (name === null) return null;
  const idLike = numbered(properties, `${own}id-like:`);
  return {
    id: isOwn ? name : systemId(name),
    idLike: idLike.length > 0 ? idLike : numbered(properties, 'syft:distro:idLike:'),
    versionId: properties.get('syft:distro:versionID') ?? textOf(component.version),
    codename: properties.get(`${own}codename`) ?? properties.get('syft:distro:versionCodename') ?? null,
    prettyName: properties.get('syft:distro:prettyName') ?? textOf(component.description),
  };
}

function graphOf(
  document: Fields,
  root: string | null,
  where: string,
  problems: ProblemList,
): DependencyGraph {
  const edges = new Map<string, string[]>();
  for (const entry of problems.objectsIn(document, 'dependencies', where)) {
    const ref = textOf(entry.ref);
    if (ref === null) continue;
    const known = edges.get(ref) ?? [];
    edges.set(ref, known);
    for (const item of problems.listIn(entry, 'dependsOn', where))
      if (typeof item === 'string') known.push(item);
  }
  return { roots: root === null ? [] : [root], edges };
}

// Said by the document and not taken over.
function noteUnread(document: Fields, where: string, problems: ProblemList): void {
  const vulnerabilities = problems.listIn(document, 'vulnerabilities', where).length;
  if (vulnerabilities > 0) {
    const why = `has ${vulnerabilities} vulnerabilities or VEX statements of its own, which are not taken over`;
    problems.add('not-assessed', where, why);
  }
  const compositions = problems.objectsIn(document, 'compositions', where);
  if (compositions.some(({ aggregate }) => textOf(aggregate)?.startsWith('incomplete'))) {
    problems.add('not-assessed', where, 'says of itself that it is incomplete');
  }
}
