import { type Problem, problem } from '../../model/problem.ts';
import type { FeedFile } from './contract.ts';
import { type Criteria, gather, type OvalTests, type State, type Test } from './oval-criteria.ts';
import { ownText, readXmlFile, readXmlText, type XmlElement, type XmlHandler } from './xml.ts';

/** Most definitions, tests, objects and states of one OVAL file together. */
export const ovalEntriesMax = 5_000_000;

/** Longest description that is kept, in characters. */
const descriptionLengthMax = 4000;

/** One definition with its tests resolved: what it is about and the package versions that it calls vulnerable. */
export type OvalDefinition = {
  readonly kind: 'definition';
  readonly id: string;
  /** `vulnerability`, `patch`, `inventory` … */
  readonly class: string;
  readonly title: string;
  readonly description: string;
  readonly severity: string | null;
  /** Who issued the advisory; some write the release here, as a CPE. */
  readonly from: string;
  readonly issued: string | null;
  readonly platforms: readonly string[];
  readonly cpes: readonly string[];
  readonly references: readonly OvalReference[];
  readonly cves: readonly OvalCve[];
  /** Microsoft's `<patchable>`: `true`, `false`, or `Not Applicable` for what does not affect the package. */
  readonly patchable: string | null;
  /** Debian's `<dsa>` numbers. */
  readonly advisories: readonly string[];
  readonly packages: readonly OvalPackageTest[];
  /** Tests on packages whose meaning we do not know, such as a running kernel. */
  readonly otherTests: number;
};

export type OvalReference = { readonly source: string; readonly id: string; readonly url: string };

/** A `<cve>` of the advisory block; attributes as the vendor names them (`cvss3`, `impact`, `cvss_vector` …). */
export type OvalCve = { readonly id: string; readonly attributes: Readonly<Record<string, string>> };

/** What is said of packages of some names. */
export type OvalPackageTest = {
  readonly names: readonly string[];
  /** Vulnerable `below` or `upTo` (and with) `evr`; `every` and `never`: whatever the version. */
  readonly verdict: 'below' | 'upTo' | 'every' | 'never';
  /** The bound, with its epoch; null for `every` and `never`. */
  readonly evr: string | null;
  /** Vulnerable only above this version, or null. */
  readonly above: string | null;
  /** Architectures, when the state names them. */
  readonly arches: readonly string[] | null;
  /** Comments of the criteria and tests that must hold besides, such as `Module nodejs:18 is enabled`. */
  readonly conditions: readonly string[];
  /** Further groups of comments of which one each must hold, such as the products of an update. */
  readonly anyOf: readonly (readonly string[])[];
  /** Comment of the object or state (Ubuntu writes the pocket there). */
  readonly comment: string;
};

export type OvalDocument = {
  readonly kind: 'document';
  /** When the file was generated, as it says itself. */
  readonly timestamp: string | null;
};

/**
 * Reads an OVAL 5 file: first the document, then its definitions in file order. Tests stand at the end of the file,
 * so definitions are held in a compact form until then.
 * Source: https://oval.mitre.org/language/version5.11/
 */
export async function* readOval(file: FeedFile): AsyncGenerator<OvalRecord> {
  yield* readXmlFile<OvalRecord>(file, (emit) => ovalHandler(file.path, emit));
}

/** The same for a document that is in memory, such as the member of an archive. */
export function readOvalText(where: string, text: string): readonly OvalRecord[] {
  return readXmlText<OvalRecord>(where, text, (emit) => ovalHandler(where, emit));
}

export type OvalRecord = OvalDocument | OvalDefinition | Problem;

type Draft = {
  readonly id: string;
  readonly class: string;
  readonly criteria: Criteria;
  readonly open: Criteria[];
  readonly platforms: string[];
  readonly cpes: string[];
  readonly references: OvalReference[];
  readonly cves: OvalCve[];
  readonly advisories: string[];
  title: string;
  description: string;
  severity: string | null;
  from: string;
  issued: string | null;
  patchable: string | null;
};

type Parts = OvalTests & { readonly drafts: Draft[]; timestamp: string | null };

function ovalHandler(
  where: string,
  emit: (record: OvalDocument | OvalDefinition | Problem) => void,
): XmlHandler {
  const parts: Parts = {
    drafts: [],
    tests: new Map(),
    objects: new Map(),
    states: new Map(),
    variables: new Map(),
    timestamp: null,
  };
  let draft: Draft | null = null;
  let count = 0;
  return {
    open(element) {
      if (element.name === 'definition') draft = newDraft(element);
      else if (draft !== null && element.name === 'criteria') openCriteria(draft, element);
    },
    close(element, path) {
      if (count > ovalEntriesMax) return;
      if (element.name === 'definition' && draft !== null) {
        count += 1;
        parts.drafts.push(draft);
        draft = null;
      } else if (draft !== null) closeInDefinition(draft, element, path);
      else if (closeElsewhere(parts, element, path)) count += 1;
    },
    end() {
      if (count > ovalEntriesMax)
        emit(problem('limit', where, 'OVAL file has too many entries', 'ovalEntriesMax'));
      emit({ kind: 'document', timestamp: parts.timestamp });
      for (const held of parts.drafts) emit(resolved(held, parts));
    },
  };
}

function ownAttributes(element: XmlElement): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(element.attributes).map(([name, value]) => [name, ownText(value)]),
  );
}

/** The id of an entry, and of what it refers to, as keys of the maps below. */
function idOf(owner: XmlElement): string {
  return ownText(owner.attributes.id ?? '');
}

function newDraft(element: XmlElement): Draft {
  const criteria: Criteria = { isOr: false, isNegated: false, nodes: [] };
  return {
    id: ownText(element.attributes.id ?? ''),
    class: element.attributes.class ?? '',
    criteria,
    open: [criteria],
    platforms: [],
    cpes: [],
    references: [],
    cves: [],
    advisories: [],
    title: '',
    description: '',
    severity: null,
    from: '',
    issued: null,
    patchable: null,
  };
}

function openCriteria(draft: Draft, element: XmlElement): void {
  const criteria: Criteria = {
    isOr: element.attributes.operator === 'OR',
    isNegated: element.attributes.negate === 'true',
    nodes: [],
  };
  draft.open.at(-1)?.nodes.push(criteria);
  draft.open.push(criteria);
}

function closeInDefinition(draft: Draft, element: XmlElement, path: readonly XmlElement[]): void {
  const attributes = ownAttributes(element);
  const text = ownText(element.text);
  switch (element.name) {
    case 'criteria':
      if (draft.open.length > 1) draft.open.pop();
      return;
    case 'criterion':
      if (attributes.negate === 'true') return;
      draft.open.at(-1)?.nodes.push({ test: attributes.test_ref ?? '', comment: attributes.comment ?? '' });
      return;
    case 'title':
      draft.title = text;
      return;
    case 'description':
      draft.description = text.slice(0, descriptionLengthMax);
      return;
    case 'severity':
      draft.severity = text === '' ? null : text;
      return;
    case 'platform':
      draft.platforms.push(text);
      return;
    case 'cpe':
      draft.cpes.push(text);
      return;
    case 'issued':
    case 'public_date':
      draft.issued = attributes.date ?? (text === '' ? null : text);
      return;
    case 'reference':
      draft.references.push({
        source: attributes.source ?? '',
        id: attributes.ref_id ?? '',
        url: attributes.ref_url ?? '',
      });
      return;
    case 'patchable':
      draft.patchable = text;
      return;
    case 'advisory':
      draft.from = attributes.from ?? '';
      return;
    case 'dsa':
      draft.advisories.push(text);
      return;
    case 'cve':
      if (path.at(-1)?.name !== 'criteria') draft.cves.push({ id: text, attributes });
      return;
    default:
  }
}

/** Whether the element was an entry of its own. */
function closeElsewhere(parts: Parts, element: XmlElement, path: readonly XmlElement[]): boolean {
  const section = path[1]?.name ?? '';
  if (path.length === 2 && element.name === 'timestamp') parts.timestamp ??= element.text;
  const owner = path[2];
  if (owner !== undefined) closeInside(parts, { owner, element, section });
  return path.length === 2 && ['tests', 'objects', 'states', 'variables'].includes(section);
}

const noTest: Test = { object: '', state: '', isAbsence: false, comment: '' };
const noState: State = { evr: null, operation: '', arch: '', comment: '' };

type Inner = { readonly owner: XmlElement; readonly element: XmlElement; readonly section: string };

function closeInside(parts: Parts, inner: Inner): void {
  const { element, section } = inner;
  if (section === 'tests') setTest(parts, inner);
  else if (section === 'states') setState(parts, inner);
  else if (section === 'objects' && element.name === 'name') setObject(parts, inner);
  else if (section === 'variables' && element.name === 'value') addValue(parts, inner);
}

function addValue(parts: Parts, { owner, element }: Inner): void {
  const id = idOf(owner);
  const values = parts.variables.get(id);
  if (values === undefined) parts.variables.set(id, [ownText(element.text)]);
  else values.push(ownText(element.text));
}

function setTest(parts: Parts, { owner, element }: Inner): void {
  const id = idOf(owner);
  const test = parts.tests.get(id) ?? {
    ...noTest,
    isAbsence: owner.attributes.check_existence === 'none_exist',
    comment: ownText(owner.attributes.comment ?? ''),
  };
  if (element.name === 'object')
    parts.tests.set(id, { ...test, object: ownText(element.attributes.object_ref ?? '') });
  if (element.name === 'state')
    parts.tests.set(id, { ...test, state: ownText(element.attributes.state_ref ?? '') });
}

function setState(parts: Parts, { owner, element }: Inner): void {
  const id = idOf(owner);
  const state = parts.states.get(id) ?? { ...noState, comment: ownText(owner.attributes.comment ?? '') };
  const operation = element.attributes.operation ?? 'equals';
  if (element.name === 'evr') parts.states.set(id, { ...state, evr: ownText(element.text), operation });
  else if (element.name === 'arch') parts.states.set(id, { ...state, arch: ownText(element.text) });
  else parts.states.set(id, state);
}

function setObject(parts: Parts, { owner, element }: Inner): void {
  const variable = element.attributes.var_ref === undefined ? null : ownText(element.attributes.var_ref);
  const names = element.text === '' ? [] : [ownText(element.text)];
  parts.objects.set(idOf(owner), { names, variable, comment: ownText(owner.attributes.comment ?? '') });
}

function resolved(draft: Draft, parts: Parts): OvalDefinition {
  const packages: OvalPackageTest[] = [];
  const { criteria, open, ...told } = draft;
  const otherTests = gather(criteria, { conditions: [], anyOf: [] }, parts, packages);
  return { kind: 'definition', ...told, packages, otherTests };
}
