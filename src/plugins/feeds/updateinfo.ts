import { below } from '../../model/advisory.ts';
import { type Problem, problem } from '../../model/problem.ts';
import type { FeedFile, FeedRecord } from './contract.ts';
import { cvesIn, factsOf, isoTime, statementRecord, streamRecord } from './records.ts';
import { ownText, readXmlFile, readXmlText, type XmlElement, type XmlHandler } from './xml.ts';

/** Most packages of one update that are looked at. */
export const updatePackagesMax = 100_000;

/** Most references of one update that are kept. */
export const updateLinksMax = 200;

/** What a statement notes where its update asks for the system to be started anew. */
export const rebootNote = 'restart the system after the update';

/** One `<update>` of a yum repository's updateinfo. */
export type Update = {
  readonly id: string;
  /** `security`, `bugfix`, `enhancement`, `newpackage`. */
  readonly type: string;
  readonly title: string;
  readonly severity: string | null;
  readonly release: string;
  readonly issued: string | null;
  readonly cves: readonly string[];
  /** Addresses that it refers to, as they are written. */
  readonly links: readonly string[];
  /** Whether it, or a package of it, asks for the system to be started anew. */
  readonly reboot: boolean;
  readonly packages: readonly UpdatePackage[];
};

export type UpdatePackage = {
  readonly name: string;
  /** `epoch:version-release`; an epoch of 0 is left out. */
  readonly evr: string;
  readonly arch: string;
  /** Short and long name of the collection (repository) that it is in. */
  readonly collection: string;
  readonly collectionName: string;
  /** rpm module `name:stream`, or null. */
  readonly module: string | null;
};

/** How a vendor uses updateinfo. */
export type UpdateVendor = {
  readonly feed: string;
  /** The stream that a package of an update belongs to, or null when it is none that we know. */
  readonly stream: (update: Update, pack: UpdatePackage) => string | null;
  readonly complete: boolean;
  /** What a statement's record is called; the update's id unless told otherwise. */
  readonly recordOf?: (update: Update) => string;
  readonly noteOf?: (update: Update) => string | null;
  /** Whether the addresses that an update refers to are facts of its flaws. */
  readonly hasFacts?: boolean;
};

/**
 * Reads an updateinfo file: one statement for each CVE, package name and version of each security update.
 * Source: https://github.com/openSUSE/libsolv/blob/master/ext/repo_updateinfoxml.c (the format has no specification)
 */
export async function* readUpdateinfo(file: FeedFile, vendor: UpdateVendor): AsyncGenerator<FeedRecord> {
  const gathered: Gathered = { streams: new Map(), foreign: 0 };
  for await (const update of readXmlFile<Update | Problem>(file, updateHandler(file.path))) {
    yield* recordsOf(update, vendor, gathered);
  }
  yield* endRecords(file.path, vendor, gathered);
}

/** The same for a document that is in memory. */
export function* updateinfoRecords(where: string, text: string, vendor: UpdateVendor): Generator<FeedRecord> {
  const gathered: Gathered = { streams: new Map(), foreign: 0 };
  for (const update of readXmlText<Update | Problem>(where, text, updateHandler(where))) {
    yield* recordsOf(update, vendor, gathered);
  }
  yield* endRecords(where, vendor, gathered);
}

type Gathered = {
  /** The latest date that was met, by stream. */
  readonly streams: Map<string, string>;
  foreign: number;
};

function* recordsOf(
  update: Update | Problem,
  vendor: UpdateVendor,
  gathered: Gathered,
): Generator<FeedRecord> {
  if ('kind' in update) yield { kind: 'problem', problem: update };
  else if (update.type === 'security') yield* updateRecords(update, vendor, gathered);
}

function* endRecords(where: string, vendor: UpdateVendor, gathered: Gathered): Generator<FeedRecord> {
  for (const [stream, asOf] of gathered.streams) {
    yield streamRecord(stream, { complete: vendor.complete, asOf: asOf === '' ? null : asOf });
  }
  if (gathered.foreign > 0) {
    const why = `${gathered.foreign} packages belong to no release that we know`;
    yield { kind: 'problem', problem: problem('unsupported', where, why) };
  }
}

type Handling = (emit: (record: Update | Problem) => void) => XmlHandler;

type Draft = {
  -readonly [Field in keyof Update]: Update[Field];
} & {
  readonly cves: string[];
  readonly links: string[];
  readonly packages: UpdatePackage[];
  collection: string;
  collectionName: string;
  module: string | null;
};

function updateHandler(where: string): Handling {
  return (emit) => {
    let draft: Draft | null = null;
    return {
      open(element) {
        if (element.name === 'update') draft = newDraft(element);
        else if (draft !== null) openInside(draft, element);
      },
      close(element, path) {
        if (draft === null) return;
        if (element.name === 'update') {
          emit(finished(draft, where));
          draft = null;
        } else closeInside(draft, element, path);
      },
    };
  };
}

function newDraft(element: XmlElement): Draft {
  return {
    id: '',
    type: element.attributes.type ?? '',
    title: '',
    severity: null,
    release: '',
    issued: null,
    cves: [],
    links: [],
    reboot: false,
    packages: [],
    collection: '',
    collectionName: '',
    module: null,
  };
}

function openInside(draft: Draft, { name, attributes }: XmlElement): void {
  if (name === 'collection') {
    draft.collection = ownText(attributes.short ?? '');
    draft.collectionName = '';
    draft.module = null;
  } else if (name === 'module') draft.module = ownText(`${attributes.name ?? ''}:${attributes.stream ?? ''}`);
}

function closeInside(draft: Draft, element: XmlElement, path: readonly XmlElement[]): void {
  const parent = path.at(-1)?.name;
  const { name, attributes, text } = element;
  if (name === 'package') addPackage(draft, attributes);
  else if (name === 'reference') addReference(draft, attributes);
  else if (name === 'reboot_suggested') draft.reboot ||= isTold(text);
  else if (name === 'name' && parent === 'collection') draft.collectionName = ownText(text);
  else if (parent !== 'update') return;
  else if (name === 'id') draft.id = ownText(text);
  else if (name === 'title') draft.title = ownText(text);
  else if (name === 'severity') draft.severity = text === '' || text === 'None' ? null : ownText(text);
  else if (name === 'release') draft.release = ownText(text);
  else if (name === 'issued') draft.issued = isoTime(attributes.date ?? null);
  else if (name === 'cve') draft.cves.push(...cvesIn(text));
}

function addReference(
  draft: Draft,
  { id = '', title = '', href = '' }: Readonly<Record<string, string>>,
): void {
  draft.cves.push(...cvesIn(`${id} ${title}`));
  if (/^https?:\/\/\S{1,500}$/.test(href) && draft.links.length < updateLinksMax)
    draft.links.push(ownText(href));
}

// Some write `True` or `1`, some leave it empty; only a plain no means no.
function isTold(text: string): boolean {
  return !/^(false|0|no)$/i.test(text);
}

function addPackage(draft: Draft, attributes: Readonly<Record<string, string>>): void {
  const { name, version, release, arch = '', epoch = '0' } = attributes;
  if (!name || !version || !release || draft.packages.length > updatePackagesMax) return;
  draft.packages.push({
    name: ownText(name),
    evr: `${epoch === '0' || epoch === '' ? '' : `${epoch}:`}${version}-${release}`,
    arch: ownText(arch),
    collection: draft.collection,
    collectionName: draft.collectionName,
    module: draft.module,
  });
}

function finished(draft: Draft, where: string): Update | Problem {
  if (draft.id === '') return problem('malformed', where, 'update has no id');
  if (draft.packages.length > updatePackagesMax) {
    return problem('limit', `${where}#${draft.id}`, 'update lists too many packages', 'updatePackagesMax');
  }
  const { collection: _collection, collectionName: _name, module: _module, ...update } = draft;
  const cves = draft.cves.length > 0 ? draft.cves : cvesIn(draft.title);
  return { ...update, cves: [...new Set(cves)], links: [...new Set(draft.links)] };
}

function* updateRecords(update: Update, vendor: UpdateVendor, gathered: Gathered): Generator<FeedRecord> {
  const named = update.cves.length > 0 ? update.cves : [update.id];
  if (vendor.hasFacts === true) yield* named.flatMap((id) => factsIn(update, id, vendor.feed));
  for (const fix of fixesOf(update, vendor, gathered)) {
    for (const vulnerability of named) {
      yield statementRecord(
        { stream: fix.stream, name: fix.name },
        {
          vulnerability,
          advisory: update.id,
          feed: vendor.feed,
          record: vendor.recordOf?.(update) ?? update.id,
          status: 'fixed',
          scheme: 'rpm',
          ranges: [below(fix.evr)],
          severity: update.severity,
          only: { arches: fix.arches, module: fix.module, binaries: null },
          note: vendor.noteOf?.(update) ?? null,
        },
      );
    }
  }
}

// An update of several flaws has a page for each: a page that names other flaws only is none of this one's.
function factsIn(update: Update, id: string, source: string): readonly FeedRecord[] {
  const references = update.links.filter((link) => {
    const named = cvesIn(link);
    return named.length === 0 || named.includes(id);
  });
  if (references.length === 0) return [];
  const title = id === update.id ? update.title : null;
  return [factsOf({ kind: 'vulnerability', id, source, title, references })];
}

type Fix = {
  readonly stream: string;
  readonly name: string;
  readonly evr: string;
  readonly module: string | null;
  readonly arches: readonly string[];
};

/** The packages of an update, architectures of one version together. */
function fixesOf(update: Update, vendor: UpdateVendor, gathered: Gathered): readonly Fix[] {
  const fixes = new Map<string, Fix & { readonly arches: string[] }>();
  for (const pack of update.packages) {
    if (pack.arch === 'src' || pack.arch === 'nosrc') continue;
    const stream = vendor.stream(update, pack);
    if (stream === null) {
      gathered.foreign += 1;
      continue;
    }
    const known = gathered.streams.get(stream) ?? '';
    if (!gathered.streams.has(stream) || (update.issued ?? '') > known)
      gathered.streams.set(stream, update.issued ?? known);
    const key = [stream, pack.name, pack.evr, pack.module ?? ''].join(' ');
    const fix = fixes.get(key) ?? { stream, name: pack.name, evr: pack.evr, module: pack.module, arches: [] };
    if (!fix.arches.includes(pack.arch)) fix.arches.push(pack.arch);
    fixes.set(key, fix);
  }
  for (const fix of fixes.values()) fix.arches.sort();
  return [...fixes.values()];
}
