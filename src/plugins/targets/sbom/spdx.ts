import { type Fields, fields, textOf } from '../../../lib/fields.ts';
import type { OsRelease } from '../../../model/os-release.ts';
import type { Evidence, PackageScope } from '../../../model/package.ts';
import { type DependencyGraph, type Referred, widestScope, withRelations } from './dependency-graph.ts';
import { type Entry, ownPackages, packagesOfEntry } from './entry.ts';
import { joinPackages } from './join-packages.ts';
import { parseJsonDocument } from './json-document.ts';
import { ownInventoryFacts, ownProblem, ownSystem } from './own-facts.ts';
import { type ProblemList, problemList, shown } from './problem-list.ts';
import { plainPath } from './properties.ts';
import type { SbomContent } from './sbom-content.ts';
import { relationsOf, type SpdxRelation } from './spdx-relations.ts';
import { systemId, systemOfPackages } from './system.ts';

const packagesMax = 250_000;
const own = 'openinspector: ';
// What SPDX writes where it has nothing to say.
const nothing = new Set(['', 'NOASSERTION', 'NONE']);
// Packages that hold others or are no software that could have an advisory.
const silentPurposes = new Set(['CONTAINER', 'FILE']);

/**
 * SPDX 2.1 to 2.3, from JSON or from tag-value in the same shape. Newer ones of version 2 are read as the newest known.
 * Source: https://spdx.github.io/spdx-spec/v2.3/
 */
export function readSpdx(document: Fields, where: string): SbomContent {
  const problems = problemList(where);
  checkVersion(document, where, problems);
  const told = ownAnnotation(document, where, problems);
  const relations = relationsOf(document, where, problems);
  const described = describedBy(document, relations);
  const taken = takePackages(document, { relations, described, isOwn: told !== null, where, problems });
  noteOwnProblems(told, where, problems);
  noteUnread(document, where, problems);
  const packages = joinPackages(
    withRelations(taken.packages, graphOf(relations, described), where, problems),
  );
  return {
    os: told !== null ? ownSystem(told.os) : (taken.os ?? systemOfPackages(packages, where, problems)),
    packages,
    problems: problems.all(),
    name: textOf(document.name)?.toWellFormed() ?? null,
    facts:
      told === null
        ? { isContainer: !taken.isMachine, runningKernel: null, layers: [] }
        : ownInventoryFacts(told.facts),
    isOwn: told !== null,
  };
}

function checkVersion(document: Fields, where: string, problems: ProblemList): void {
  const version = textOf(document.spdxVersion) ?? '';
  if (/^SPDX-2\.[1-3](?:\.\d+)?$/.test(version)) return;
  problems.add('unsupported', where, `is ${shown(version)}, not known here; it is read as SPDX-2.3`);
}

type Taken = {
  readonly packages: readonly Referred[];
  readonly os: OsRelease | null;
  readonly isMachine: boolean;
};

type Surroundings = {
  readonly relations: readonly SpdxRelation[];
  readonly described: ReadonlySet<string>;
  readonly isOwn: boolean;
  readonly where: string;
  readonly problems: ProblemList;
};

function takePackages(document: Fields, around: Surroundings): Taken {
  const { described, isOwn, where, problems } = around;
  const packages: Referred[] = [];
  const scopes = scopesOf(around.relations);
  const licences = extractedLicences(document, where, problems);
  let os: OsRelease | null = null;
  let isMachine = false;
  const items = problems.objectsIn(document, 'packages', where);
  if (items.length > packagesMax)
    problems.add(
      'limit',
      where,
      `has more than ${packagesMax} packages; the rest is not read`,
      'packagesMax',
    );
  for (const item of items.slice(0, packagesMax)) {
    const ref = textOf(item.SPDXID) ?? '';
    const isSubject = described.has(ref);
    isMachine ||= isSubject && item.primaryPackagePurpose === 'DEVICE';
    if (isSystem(item)) os ??= osOf(item);
    else {
      const scope = scopes.get(ref) ?? null;
      const entry = entryOf(item, { isSubject, scope, licences, where, problems });
      const told = isOwn ? ownAnnotation(item, where, problems) : null;
      const found =
        told === null
          ? packagesOfEntry(entry, where, problems)
          : ownPackages(entry, { ...told, name: item.name, version: item.versionInfo }, where, problems);
      for (const pkg of found) packages.push({ ref, pkg, isTold: told !== null });
    }
  }
  return { packages, os, isMachine };
}

// The schema of 2.3 and its text spell the purpose differently; others only name the package so.
function isSystem(item: Fields): boolean {
  const purpose = textOf(item.primaryPackagePurpose)?.replace('_', '-').toUpperCase();
  return (
    purpose === 'OPERATING-SYSTEM' || textOf(item.SPDXID)?.startsWith('SPDXRef-OperatingSystem') === true
  );
}

function osOf(item: Fields): OsRelease | null {
  const name = textOf(item.name);
  if (name === null) return null;
  return {
    id: systemId(name),
    idLike: [],
    versionId: textOf(item.versionInfo),
    codename: null,
    prettyName: null,
  };
}

type EntryFacts = {
  readonly isSubject: boolean;
  readonly scope: PackageScope | null;
  readonly licences: ReadonlyMap<string, string>;
  readonly where: string;
  readonly problems: ProblemList;
};

function entryOf(item: Fields, facts: EntryFacts): Entry {
  const { where, problems } = facts;
  const name = textOf(item.name);
  const references = problems.objectsIn(item, 'externalRefs', `${where}: package ${shown(name ?? '')}`);
  const locators = (...types: readonly string[]) =>
    references
      .filter(({ referenceType }) => types.includes(typeOf(referenceType)))
      .flatMap(({ referenceLocator }) => textOf(referenceLocator) ?? []);
  const download = textOf(item.downloadLocation);
  return {
    ref: textOf(item.SPDXID),
    noun: 'package',
    group: null,
    name,
    version: textOf(item.versionInfo),
    purls: [...new Set(locators('purl'))],
    cpes: locators('cpe23Type', 'cpe22Type'),
    swidTag: locators('swid')[0] ?? null,
    links: [...(download === null ? [] : [download]), ...locators('npm', 'nuget', 'maven-central', 'url')],
    isFrame:
      facts.isSubject || silentPurposes.has(textOf(item.primaryPackagePurpose) ?? '') || isLockFile(item),
    evidence: evidenceOf(item, where),
    source: sourceOf(item),
    licences: licencesOf(item, facts.licences),
    scope: facts.scope,
    attributes: {},
  };
}

// Types of reference are also written as addresses that end in the type's name.
function typeOf(referenceType: unknown): string {
  const text = textOf(referenceType) ?? '';
  return text.slice(text.lastIndexOf('/') + 1);
}

// Trivy lists lock files as packages that hold what they name.
function isLockFile(item: Fields): boolean {
  return textOf(item.versionInfo) === null && textOf(item.SPDXID)?.startsWith('SPDXRef-Application') === true;
}

const licenceFields = ['licenseConcluded', 'licenseDeclared'] as const;

function licencesOf(item: Fields, extracted: ReadonlyMap<string, string>): readonly string[] {
  for (const field of licenceFields) {
    const text = textOf(item[field]) ?? '';
    if (!nothing.has(text)) return [extracted.get(text) ?? text];
  }
  return [];
}

// What `LicenseRef-…` stands for in this document.
function extractedLicences(
  document: Fields,
  where: string,
  problems: ProblemList,
): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const item of problems.objectsIn(document, 'hasExtractedLicensingInfos', where)) {
    const id = textOf(item.licenseId);
    const text = textOf(item.name) ?? textOf(item.extractedText);
    if (id !== null && text !== null && text.length <= 200 && !nothing.has(text)) known.set(id, text);
  }
  return known;
}

// Syft: `acquired package info from DPKG DB: /var/lib/dpkg/status, /usr/share/doc/…`. Trivy names the layer apart.
function evidenceOf(item: Fields, where: string): readonly Evidence[] {
  const info = textOf(item.sourceInfo)?.slice(0, 20_000) ?? '';
  const [, listed = ''] = /^acquired package info from [^:]{1,200}: (.+)$/s.exec(info) ?? [];
  const paths = listed
    .split(', ')
    .map((path) => path.trim())
    .filter(Boolean);
  const layer = textsOf(item)
    .map((text) => /^LayerDiffID: (\S{1,200})/.exec(text)?.[1])
    .find((text) => text !== undefined);
  const found = paths.length > 0 ? paths : [where];
  return found.map((path) => ({ path: plainPath(path), layer: layer ?? null, line: null }));
}

function textsOf(item: Fields): readonly string[] {
  const attributions = Array.isArray(item.attributionTexts) ? item.attributionTexts : [];
  const annotations = Array.isArray(item.annotations) ? item.annotations : [];
  return [...attributions, ...annotations.map((entry) => fields(entry).comment)].filter(
    (text): text is string => typeof text === 'string',
  );
}

// Trivy: `built package from: openssl 3.0.9-1`.
function sourceOf(item: Fields): Entry['source'] {
  const [, name, version] =
    /^built package from: (\S{1,300}) (\S{1,300})$/.exec(textOf(item.sourceInfo) ?? '') ?? [];
  return name === undefined || version === undefined ? null : { name, version };
}

/** What our documents say in an annotation, or null. */
function ownAnnotation(item: Fields, where: string, problems: ProblemList): Fields | null {
  for (const { comment } of problems.objectsIn(item, 'annotations', where)) {
    if (typeof comment !== 'string' || !comment.startsWith(own)) continue;
    const read = parseJsonDocument(comment.slice(own.length), where);
    if (!('kind' in read)) return fields(read.value);
    problems.add('malformed', where, 'has an annotation of OpenInspector that cannot be read');
  }
  return null;
}

function noteOwnProblems(told: Fields | null, where: string, problems: ProblemList): void {
  if (told === null) return;
  for (const item of problems.objectsIn(told, 'problems', where)) {
    const found = ownProblem(item);
    if (found !== null) problems.take(found);
  }
}

function describedBy(document: Fields, relations: readonly SpdxRelation[]): ReadonlySet<string> {
  const listed = Array.isArray(document.documentDescribes) ? document.documentDescribes : [];
  return new Set([
    ...listed.filter((ref): ref is string => typeof ref === 'string'),
    ...relations.filter(({ kind }) => kind === 'describes').map(({ to }) => to),
  ]);
}

// What a described package contains is not thereby a dependency of it: containers are only passed through.
function graphOf(relations: readonly SpdxRelation[], described: ReadonlySet<string>): DependencyGraph {
  const edges = new Map<string, string[]>();
  for (const { kind, from, to } of relations) {
    if (kind !== 'depends') continue;
    const known = edges.get(from);
    if (known) known.push(to);
    else edges.set(from, [to]);
  }
  return { roots: [...described], edges };
}

function scopesOf(relations: readonly SpdxRelation[]): ReadonlyMap<string, PackageScope | null> {
  const scopes = new Map<string, PackageScope | null>();
  for (const { kind, to, scope } of relations)
    if (kind === 'depends') scopes.set(to, widestScope(scopes.get(to), scope));
  return scopes;
}

// Said by the document and not taken over.
function noteUnread(document: Fields, where: string, problems: ProblemList): void {
  const others = problems.listIn(document, 'externalDocumentRefs', where).length;
  if (others > 0) {
    const why = `refers to ${others} other documents, whose packages are not in it`;
    problems.add('not-assessed', where, why);
  }
}
