import { type Fields, list, textOf } from '../../../lib/fields.ts';
import type { OsRelease } from '../../../model/os-release.ts';
import type { PackageScope } from '../../../model/package.ts';
import { type DependencyGraph, type Referred, widestScope, withRelations } from './dependency-graph.ts';
import { type Entry, packagesOfEntry } from './entry.ts';
import { joinPackages } from './join-packages.ts';
import { type ProblemList, problemList, shown } from './problem-list.ts';
import type { SbomContent } from './sbom-content.ts';
import { systemId, systemOfPackages } from './system.ts';

const elementsMax = 1_000_000;
const packagesMax = 250_000;
const silentPurposes = new Set(['container', 'file', 'data', 'model', 'device', 'evidence', 'documentation']);

type Relation = {
  readonly type: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly scope: PackageScope | null;
};

type Graph = {
  readonly packages: readonly Fields[];
  readonly relations: readonly Relation[];
  /** Licence expressions by the element that holds them. */
  readonly licences: ReadonlyMap<string, string>;
  readonly roots: readonly string[];
  readonly name: string | null;
  readonly vulnerabilities: number;
};

/**
 * SPDX 3.0 as JSON-LD. The compact form that the specification prescribes is read by its names; a document that puts
 * other names in their place through a context of its own is not understood and gives problems.
 * Source: https://spdx.github.io/spdx-spec/v3.0.1/serializations/
 */
export function readSpdx3(document: Fields, where: string): SbomContent {
  const problems = problemList(where);
  const graph = gather(document, where, problems);
  const roots = new Set(graph.roots);
  const scopes = scopesOf(graph.relations);
  const licences = licencesOf(graph);
  const taken: Referred[] = [];
  let os: OsRelease | null = null;
  let isMachine = false;
  if (graph.packages.length > packagesMax)
    problems.add(
      'limit',
      where,
      `has more than ${packagesMax} packages; the rest is not read`,
      'packagesMax',
    );
  for (const item of graph.packages.slice(0, packagesMax)) {
    const ref = idOf(item);
    const purpose = lastPart(textOf(item.software_primaryPurpose) ?? '');
    isMachine ||= purpose === 'device' && ref !== null && roots.has(ref);
    if (purpose === 'operatingSystem') os ??= osOf(item);
    else {
      const isFrame = silentPurposes.has(purpose) || (ref !== null && roots.has(ref));
      const facts = {
        isFrame,
        scope: scopes.get(ref ?? '') ?? null,
        licences: licences.get(ref ?? '') ?? [],
      };
      const entry = { ...entryOf(item, ref, where, problems), ...facts };
      for (const pkg of packagesOfEntry(entry, where, problems)) taken.push({ ref, pkg, isTold: false });
    }
  }
  const packages = joinPackages(withRelations(taken, dependencies(graph), where, problems));
  return {
    os: os ?? systemOfPackages(packages, where, problems),
    packages,
    problems: problems.all(),
    name: graph.name?.toWellFormed() ?? null,
    facts: { isContainer: !isMachine, runningKernel: null, layers: [] },
    isOwn: false,
  };
}

function gather(document: Fields, where: string, problems: ProblemList): Graph {
  const elements =
    document['@graph'] === undefined ? [document] : problems.objectsIn(document, '@graph', where);
  if (elements.length > elementsMax)
    problems.add(
      'limit',
      where,
      `has more than ${elementsMax} elements; the rest is not read`,
      'elementsMax',
    );
  const packages: Fields[] = [];
  const relations: Relation[] = [];
  const licences = new Map<string, string>();
  const roots: string[] = [];
  let name: string | null = null;
  let vulnerabilities = 0;
  for (const element of elements.slice(0, elementsMax)) {
    const type = lastPart(textOf(element.type) ?? textOf(element['@type']) ?? '');
    const id = idOf(element);
    const expression = textOf(element.simplelicensing_licenseExpression);
    if (type === 'software_Package' || type === 'Package') packages.push(element);
    else if (type === 'Relationship' || type === 'LifecycleScopedRelationship')
      relations.push(relationOf(element));
    else if (type === 'SpdxDocument') name ??= textOf(element.name);
    else if (type === 'security_Vulnerability') vulnerabilities++;
    if (type === 'SpdxDocument' || type === 'software_Sbom' || type === 'Bom')
      for (const root of list(element.rootElement)) if (typeof root === 'string') roots.push(root);
    if (id !== null && expression !== null) licences.set(id, expression);
  }
  if (vulnerabilities > 0) {
    const why = `has ${vulnerabilities} vulnerabilities of its own, which are not taken over`;
    problems.add('not-assessed', where, why);
  }
  return { packages, relations, licences, roots, name, vulnerabilities };
}

function idOf(element: Fields): string | null {
  return textOf(element.spdxId) ?? textOf(element['@id']);
}

// A type or value may be written whole, as an address: `https://spdx.org/rdf/3.0.1/terms/Core/Relationship`.
function lastPart(text: string): string {
  return text.slice(text.lastIndexOf('/') + 1);
}

function relationOf(element: Fields): Relation {
  const scope = lastPart(textOf(element.scope) ?? '');
  const to = Array.isArray(element.to) ? element.to : [element.to];
  return {
    type: lastPart(textOf(element.relationshipType) ?? ''),
    from: textOf(element.from) ?? '',
    to: to.filter((item): item is string => typeof item === 'string'),
    scope:
      scope === 'test'
        ? 'test'
        : scope === 'runtime'
          ? 'runtime'
          : /^(?:development|build)$/.test(scope)
            ? 'dev'
            : null,
  };
}

function entryOf(item: Fields, ref: string | null, where: string, problems: ProblemList): Entry {
  const name = textOf(item.name);
  const place = `${where}: package ${shown(name ?? '')}`;
  const identifiers = problems.objectsIn(item, 'externalIdentifier', place);
  const identified = (...types: readonly string[]) =>
    identifiers
      .filter(({ externalIdentifierType }) => types.includes(lastPart(textOf(externalIdentifierType) ?? '')))
      .flatMap(({ identifier }) => textOf(identifier) ?? []);
  const location = textOf(item.software_downloadLocation) ?? textOf(item.software_homePage);
  return {
    ref,
    noun: 'package',
    group: null,
    name,
    version: textOf(item.software_packageVersion),
    purls: [...new Set([textOf(item.software_packageUrl) ?? [], identified('packageUrl')].flat())],
    cpes: identified('cpe23', 'cpe22'),
    swidTag: identified('swid')[0] ?? null,
    links: location === null ? [] : [location],
    isFrame: false,
    evidence: [{ path: where, layer: null, line: null }],
    source: null,
    licences: [],
    scope: null,
    attributes: {},
  };
}

function osOf(item: Fields): OsRelease | null {
  const name = textOf(item.name);
  if (name === null) return null;
  const versionId = textOf(item.software_packageVersion);
  return { id: systemId(name), idLike: [], versionId, codename: null, prettyName: textOf(item.summary) };
}

// What was concluded says more than what was declared.
function licencesOf({ relations, licences }: Graph): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const type of ['hasDeclaredLicense', 'hasConcludedLicense']) {
    for (const relation of relations) {
      if (relation.type !== type) continue;
      const texts = relation.to.flatMap((id) => licences.get(id) ?? []);
      if (texts.length > 0) found.set(relation.from, texts);
    }
  }
  return found;
}

function scopesOf(relations: readonly Relation[]): ReadonlyMap<string, PackageScope | null> {
  const scopes = new Map<string, PackageScope | null>();
  for (const relation of relations) {
    const scope = relation.type === 'hasOptionalDependency' ? 'optional' : relation.scope;
    if (!isDependency(relation)) continue;
    for (const to of relation.to) scopes.set(to, widestScope(scopes.get(to), scope));
  }
  return scopes;
}

function isDependency({ type }: Relation): boolean {
  return type === 'dependsOn' || type === 'hasOptionalDependency' || type === 'hasProvidedDependency';
}

function dependencies({ relations, roots }: Graph): DependencyGraph {
  const edges = new Map<string, string[]>();
  for (const relation of relations.filter(isDependency)) {
    const known = edges.get(relation.from) ?? [];
    edges.set(relation.from, known);
    for (const to of relation.to) known.push(to);
  }
  const described = relations.filter(({ type }) => type === 'describes').flatMap(({ to }) => to);
  return { roots: [...roots, ...described], edges };
}
