import type { Fields } from '../../../lib/fields.ts';
import { type ProblemList, shown } from './problem-list.ts';

type Record = { [field: string]: unknown };

// Tags of the document and of its packages, and the field of the JSON form that each is.
const documentTags: Readonly<{ [tag: string]: string }> = {
  SPDXVersion: 'spdxVersion',
  DataLicense: 'dataLicense',
  DocumentName: 'name',
  DocumentNamespace: 'documentNamespace',
};
const packageTags: Readonly<{ [tag: string]: string }> = {
  SPDXID: 'SPDXID',
  PackageVersion: 'versionInfo',
  PackageDownloadLocation: 'downloadLocation',
  PackageSourceInfo: 'sourceInfo',
  PackageLicenseConcluded: 'licenseConcluded',
  PackageLicenseDeclared: 'licenseDeclared',
  PrimaryPackagePurpose: 'primaryPackagePurpose',
};
// Tags that begin something else than a package; what follows is not about the package in front.
const otherStarts = new Set(['FileName', 'SnippetSPDXID', 'LicenseID', 'Reviewer']);

type State = {
  readonly document: Record;
  readonly packages: Record[];
  readonly relationships: Record[];
  readonly annotations: Record[];
  readonly licences: Record[];
  current: Record | null;
  isElsewhere: boolean;
};

/**
 * SPDX tag-value in the shape of its JSON form, as far as the reader of that looks.
 * Source: https://spdx.github.io/spdx-spec/v2.3/conformance/
 */
export function documentOfTagValue(text: string, where: string, problems: ProblemList): Fields {
  const document: Record = {};
  const state: State = {
    document,
    packages: [],
    relationships: [],
    annotations: [],
    licences: [],
    current: null,
    isElsewhere: false,
  };
  let strange = 0;
  for (const { tag, value } of tagsOf(text, where, problems)) {
    if (tag === null) strange++;
    else takeTag(tag, value, state);
  }
  if (strange > 0)
    problems.add('malformed', where, `has ${strange} lines that are no 'Tag: value'; they are not read`);
  attachAnnotations(state);
  document.packages = state.packages;
  document.relationships = state.relationships;
  document.hasExtractedLicensingInfos = state.licences;
  return document;
}

type Tag = { readonly tag: string | null; readonly value: string };

// A value may go over several lines between `<text>` and `</text>`.
function* tagsOf(text: string, where: string, problems: ProblemList): Generator<Tag> {
  let at = 0;
  while (at < text.length) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    const lineStart = at;
    const line = text.slice(at, end).trim();
    const colon = line.indexOf(':');
    const start = line.slice(colon + 1).trimStart();
    at = end + 1;
    if (line === '' || line.startsWith('#')) continue;
    if (colon < 1 || !/^[A-Za-z][A-Za-z0-9]{0,60}$/.test(line.slice(0, colon))) {
      yield { tag: null, value: line };
      continue;
    }
    if (!start.startsWith('<text>')) {
      yield { tag: line.slice(0, colon), value: start };
      continue;
    }
    const open = text.indexOf('<text>', lineStart) + '<text>'.length;
    const close = text.indexOf('</text>', open);
    if (close < 0) {
      problems.add(
        'malformed',
        `${where}: ${shown(line)}`,
        "has a '<text>' without its end; the rest is not read",
      );
      return;
    }
    yield { tag: line.slice(0, colon), value: text.slice(open, close) };
    const after = text.indexOf('\n', close);
    at = after < 0 ? text.length : after + 1;
  }
}

function takeTag(tag: string, value: string, state: State): void {
  if (tag === 'PackageName') {
    state.current = { name: value, externalRefs: [], attributionTexts: [], annotations: [] };
    state.isElsewhere = false;
    state.packages.push(state.current);
  } else if (tag === 'Relationship') takeRelationship(value, state);
  else if (tag === 'ExternalDocumentRef') push(state.document, 'externalDocumentRefs', value);
  else if (tag.startsWith('Annotat') || tag === 'SPDXREF') takeAnnotation(tag, value, state);
  else if (otherStarts.has(tag)) startElsewhere(tag, value, state);
  else if (state.isElsewhere) takeLicence(tag, value, state);
  else if (state.current === null) {
    const field = documentTags[tag];
    if (field !== undefined) state.document[field] ??= value;
  } else takePackageTag(tag, value, state.current);
}

function takePackageTag(tag: string, value: string, current: Record): void {
  const field = packageTags[tag];
  if (field !== undefined) current[field] ??= value;
  else if (tag === 'PackageAttributionText') push(current, 'attributionTexts', value);
  else if (tag === 'ExternalRef') {
    const [category, type, ...locator] = value.split(/[ \t]+/);
    push(current, 'externalRefs', {
      referenceCategory: category,
      referenceType: type,
      referenceLocator: locator.join(' '),
    });
  }
}

function takeRelationship(value: string, { relationships }: State): void {
  const [spdxElementId, relationshipType, relatedSpdxElement] = value.split(/[ \t]+/);
  relationships.push({ spdxElementId, relationshipType, relatedSpdxElement });
}

function takeAnnotation(tag: string, value: string, { annotations }: State): void {
  if (tag === 'Annotator') annotations.push({});
  const last = annotations.at(-1);
  if (last === undefined) return;
  if (tag === 'SPDXREF') last.about = value;
  else if (tag === 'AnnotationComment') last.comment = value;
}

function startElsewhere(tag: string, value: string, state: State): void {
  state.isElsewhere = true;
  if (tag === 'LicenseID') state.licences.push({ licenseId: value });
}

function takeLicence(tag: string, value: string, { licences }: State): void {
  const last = licences.at(-1);
  if (last === undefined) return;
  if (tag === 'ExtractedText') last.extractedText = value;
  else if (tag === 'LicenseName') last.name = value;
}

function attachAnnotations({ document, packages, annotations }: State): void {
  const byId = new Map(packages.map((item) => [item.SPDXID, item]));
  for (const { about, comment } of annotations) push(byId.get(about) ?? document, 'annotations', { comment });
}

function push(owner: Record, field: string, value: unknown): void {
  const known = owner[field];
  if (Array.isArray(known)) known.push(value);
  else owner[field] = [value];
}
