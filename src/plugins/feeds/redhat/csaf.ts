import { type Fields, fields, list, numberOf, textOf, texts } from '../../../lib/fields.ts';
import { everyVersion, type StatementStatus } from '../../../model/advisory.ts';
import { openEntries } from '../archive.ts';
import type { FeedFile, FeedRecord } from '../contract.ts';
import {
  factsOf,
  isCve,
  isoTime,
  jsonOf,
  problemRecord,
  problemRecords,
  ratingsOf,
  statementRecord,
  streamRecord,
} from '../records.ts';
import { type Component, componentOf, type ProductTree, productTree } from './product-tree.ts';

/** Most product ids of one status that are looked at. */
const productsMax = 500_000;

export function isCsaf(path: string): boolean {
  return /(^|\/)redhat\/[\w.-]*csaf[\w.-]*\.(tar\.(gz|zst|bz2)|zip|json)$/.test(path);
}

/**
 * CSAF 2.0 documents of Red Hat: VEX by CVE (every product's state, also that it is not affected) and advisories.
 * Source: https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html,
 * https://redhatproductsecurity.github.io/security-data-guidelines/csaf-vex/
 */
export async function* readCsaf(file: FeedFile): AsyncGenerator<FeedRecord> {
  const source = openEntries(file, (path) => /(^|\/)(cve|rhsa|rhba|rhea)-[\w-]+\.json$/.test(path));
  const streams = new Map<string, string>();
  for await (const entry of source.entries) {
    const read = jsonOf(entry);
    if ('why' in read) yield { kind: 'problem', problem: read };
    else yield* documentRecords(fields(read.value), entry.path, streams);
  }
  const complete = !/sample/.test(file.path);
  for (const [stream, asOf] of streams)
    yield streamRecord(stream, { complete, asOf: asOf === '' ? null : asOf });
  yield* problemRecords(source.problems);
}

function* documentRecords(csaf: Fields, where: string, streams: Map<string, string>): Generator<FeedRecord> {
  const document = fields(csaf.document);
  const tracking = fields(document.tracking);
  if (!textOf(document.category)?.startsWith('csaf_') || list(csaf.vulnerabilities).length === 0) {
    // The samples keep Red Hat's older per-CVE files beside; they are no CSAF.
    if (document.category !== undefined)
      yield problemRecord('unsupported', where, 'not a CSAF security document');
    return;
  }
  const tree = productTree(fields(csaf.product_tree));
  const context: Context = {
    document,
    tree,
    id: textOf(tracking.id) ?? '',
    asOf: isoTime(textOf(tracking.current_release_date)) ?? '',
    streams,
    where,
  };
  for (const vulnerability of list(csaf.vulnerabilities).map(fields)) {
    yield* vulnerabilityRecords(vulnerability, context);
  }
}

type Context = {
  readonly document: Fields;
  readonly tree: ProductTree;
  readonly id: string;
  readonly asOf: string;
  readonly streams: Map<string, string>;
  readonly where: string;
};

function* vulnerabilityRecords(told: Fields, context: Context): Generator<FeedRecord> {
  const id = textOf(told.cve) ?? '';
  if (!isCve(id)) {
    yield problemRecord('malformed', context.where, 'vulnerability has no CVE id');
    return;
  }
  yield factsOfVulnerability(id, told, context);
  const status = fields(told.product_status);
  const remedies = remediesOf(told);
  const severity = severityOf(told, context);
  const groups = new Map<string, Group>();
  for (const [name, base] of statusNames) {
    for (const productId of texts(status[name]).slice(0, productsMax)) {
      const component = componentOf(productId, context.tree);
      if (component === null) continue;
      const group = stateOf({ base, remedy: remedies.get(productId) ?? noRemedy, component });
      addTo(groups, component, { ...group, flag: base === 'not-affected' ? flagOf(told, productId) : null });
    }
  }
  for (const group of groups.values()) {
    if (context.asOf >= (context.streams.get(group.component.stream) ?? '')) {
      context.streams.set(group.component.stream, context.asOf);
    }
    yield groupRecord(id, group, { severity, context });
  }
}

const statusNames: readonly (readonly [string, StatementStatus])[] = [
  ['fixed', 'fixed'],
  ['known_affected', 'affected'],
  ['known_not_affected', 'not-affected'],
  ['under_investigation', 'under-investigation'],
];

type Remedy = { readonly category: string; readonly details: string; readonly advisory: string | null };

const noRemedy: Remedy = { category: '', details: '', advisory: null };

/** What is planned for each product. A fix wins over a plan, a plan over a workaround. */
function remediesOf(told: Fields): ReadonlyMap<string, Remedy> {
  const remedies = new Map<string, Remedy>();
  const order = ['workaround', 'none_available', 'no_fix_planned', 'vendor_fix'];
  const sorted = list(told.remediations)
    .map(fields)
    .toSorted((a, b) => order.indexOf(textOf(a.category) ?? '') - order.indexOf(textOf(b.category) ?? ''));
  for (const remedy of sorted) {
    const entry = {
      category: textOf(remedy.category) ?? '',
      details: (textOf(remedy.details) ?? '').slice(0, 100),
      advisory: /\/errata\/(RH[SBE]A-\d{4}:\d+)$/.exec(textOf(remedy.url) ?? '')?.[1] ?? null,
    };
    for (const productId of texts(remedy.product_ids).slice(0, productsMax)) remedies.set(productId, entry);
  }
  return remedies;
}

type State = {
  readonly status: StatementStatus;
  readonly advisory: string | null;
  readonly note: string | null;
};

function stateOf(parts: { base: StatementStatus; remedy: Remedy; component: Component }): State {
  const { base, remedy, component } = parts;
  if (base === 'fixed') {
    // A fix without a version cannot be compared with anything.
    const status = component.evr === null ? 'unknown' : 'fixed';
    return {
      status,
      advisory: remedy.advisory,
      note: component.evr === null ? 'fixed, no version given' : null,
    };
  }
  if (base !== 'affected') return { status: base, advisory: null, note: null };
  const details = remedy.details.toLowerCase();
  const plan: StatementStatus = details.includes('out of support')
    ? 'end-of-life'
    : details.includes('will not fix')
      ? 'will-not-fix'
      : details.includes('deferred')
        ? 'deferred'
        : remedy.category === 'no_fix_planned'
          ? 'will-not-fix'
          : 'affected';
  return { status: plan, advisory: null, note: plan === 'affected' ? null : remedy.details };
}

function flagOf(told: Fields, productId: string): string | null {
  const flags = list(told.flags).map(fields);
  const flag =
    flags.length === 1 ? flags[0] : flags.find((entry) => texts(entry.product_ids).includes(productId));
  return flag === undefined ? null : textOf(flag.label);
}

type Group = State & {
  readonly component: Component;
  readonly arches: Set<string>;
  readonly flag: string | null;
};

/** Architectures of one package in one state go together. */
function addTo(
  groups: Map<string, Group>,
  component: Component,
  state: State & { flag: string | null },
): void {
  const { stream, name, evr, module } = component;
  const key = [stream, name, state.status === 'fixed' ? evr : '', module, state.status, state.advisory].join(
    ' ',
  );
  const group = groups.get(key) ?? { ...state, component, arches: new Set<string>() };
  if (component.arch !== null) group.arches.add(component.arch);
  groups.set(key, group);
}

function groupRecord(
  id: string,
  group: Group,
  { severity, context }: { severity: string | null; context: Context },
): FeedRecord {
  const { component, status } = group;
  const isFixed = status === 'fixed' && component.evr !== null;
  const arches = isFixed && group.arches.size > 0 ? [...group.arches].sort() : null;
  const judges = status !== 'not-affected' && status !== 'unknown';
  return statementRecord(
    { stream: component.stream, name: component.name },
    {
      vulnerability: id,
      advisory: group.advisory ?? (context.id.startsWith('RH') ? context.id : null),
      feed: 'redhat',
      record: context.id,
      status,
      scheme: 'rpm',
      ranges: isFixed ? [{ ...everyVersion, fixed: component.evr }] : judges ? [everyVersion] : [],
      severity,
      only:
        arches === null && component.module === null
          ? null
          : { arches, module: component.module, binaries: null },
      note: group.flag ?? group.note,
    },
  );
}

function severityOf(told: Fields, { document }: Context): string | null {
  const impact = list(told.threats)
    .map(fields)
    .find((threat) => threat.category === 'impact');
  return textOf(impact?.details) ?? textOf(fields(document.aggregate_severity).text);
}

function factsOfVulnerability(id: string, told: Fields, context: Context): FeedRecord {
  const note = (category: string) =>
    textOf(
      list(told.notes)
        .map(fields)
        .find((entry) => entry.category === category)?.text,
    );
  const label = severityOf(told, context);
  const isByCve = context.id === id;
  return factsOf({
    kind: 'vulnerability',
    id,
    source: 'redhat',
    title: (note('summary') ?? (isByCve ? textOf(context.document.title) : null))?.slice(0, 300),
    description: note('description')?.slice(0, 4000),
    cvss: ratingsOf(list(told.scores).map(fields).flatMap(vectorsOf)).ratings,
    labels: label === null ? [] : [{ source: 'redhat', label }],
    cwes: [textOf(fields(told.cwe).id) ?? ''].filter((cwe) => /^CWE-\d+$/.test(cwe)),
    published: isoTime(textOf(told.release_date)),
    modified: isByCve && context.asOf !== '' ? context.asOf : null,
    references: list(told.references)
      .slice(0, 30)
      .map((entry) => textOf(fields(entry).url) ?? '')
      .filter((url) => /^https?:\/\//.test(url)),
  });
}

function vectorsOf(score: Fields): { source: string; vector: string; score: number | null }[] {
  return ['cvss_v4', 'cvss_v3', 'cvss_v2'].flatMap((name) => {
    const data = fields(score[name]);
    const vector = textOf(data.vectorString);
    return vector === null ? [] : [{ source: 'redhat', vector, score: numberOf(data.baseScore) }];
  });
}
