import { type Fields, fields, list, textOf } from '../../../lib/fields.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { VexFormat, VexIdentity, VexProduct, VexStatement, VexStatus } from '../contract.ts';
import { identityOf, isNameless, timeOf, vexLimits, wordsOf } from '../reading.ts';

/** Deepest nesting of components, and most of them, that are looked at. */
const depthMax = 30;
const componentsMax = 1_000_000;

/** CycloneDX: the analysis of the vulnerabilities of a BOM, alone or with the components that it is about. */
export const cyclonedx = {
  id: 'cyclonedx',
  title: 'CycloneDX VEX',
  sources: [
    'https://cyclonedx.org/docs/1.6/json/#vulnerabilities',
    'https://cyclonedx.org/capabilities/vex/',
    'https://cyclonedx.org/capabilities/bomlink/',
  ],
  recognises: (document) => fields(document).bomFormat === 'CycloneDX',
  *read(document, where) {
    const bom = fields(document);
    const metadata = fields(bom.metadata);
    const components = componentsOf(bom);
    const main = textOf(fields(metadata.component)['bom-ref']);
    const context: Context = {
      where,
      document: textOf(bom.serialNumber) ?? where,
      author: authorOf(metadata),
      issuedAt: timeOf(metadata.timestamp),
      components: components.byRef,
      main: metadata.component === undefined ? null : componentIdentity(fields(metadata.component)),
      mainRef: main,
    };
    if (components.isCut) yield problem('limit', where, 'it has too many components', 'componentsMax');
    for (const [index, told] of list(bom.vulnerabilities).entries())
      yield* vulnerabilityRecords(fields(told), `/vulnerabilities/${index}`, context);
  },
} satisfies VexFormat;

type Context = {
  readonly where: string;
  readonly document: string;
  readonly author: string | null;
  readonly issuedAt: string | null;
  readonly components: ReadonlyMap<string, VexIdentity>;
  /** What the BOM is about, and its reference. */
  readonly main: VexIdentity | null;
  readonly mainRef: string | null;
};

const states: Readonly<Record<string, VexStatus>> = {
  resolved: 'fixed',
  resolved_with_pedigree: 'fixed',
  exploitable: 'affected',
  in_triage: 'under_investigation',
  false_positive: 'not_affected',
  not_affected: 'not_affected',
};

function* vulnerabilityRecords(
  told: Fields,
  place: string,
  context: Context,
): Generator<VexStatement | Problem> {
  // A BOM lists vulnerabilities that nobody has analysed; those say nothing here.
  if (told.analysis === undefined) return;
  const analysis = fields(told.analysis);
  const where = `${context.where}${place}`;
  const state = textOf(analysis.state) ?? '';
  const status = Object.hasOwn(states, state) ? states[state] : undefined;
  if (status === undefined) {
    yield problem(
      'malformed',
      where,
      `its analysis has no state that CycloneDX knows: '${state.slice(0, 60)}'`,
    );
    return;
  }
  const vulnerabilities = namesOf(told);
  if (vulnerabilities.length === 0) {
    yield problem('malformed', where, 'it names no vulnerability');
    return;
  }
  const products: VexProduct[] = [];
  for (const [index, affects] of list(told.affects).entries()) {
    if (products.length >= vexLimits.productsMax) {
      yield problem('limit', where, 'it names too many products', 'productsMax');
      break;
    }
    const read = productsOf(fields(affects), { ...context, status });
    if (typeof read === 'string') yield problem('unsupported', `${where}/affects/${index}`, read);
    else products.push(...read);
  }
  if (products.length === 0) {
    yield problem('malformed', where, 'it names nothing that can be found in the document');
    return;
  }
  yield {
    format: 'cyclonedx',
    document: context.document,
    author: context.author,
    record: textOf(told['bom-ref']) ?? place,
    issuedAt:
      timeOf(analysis.lastUpdated) ??
      timeOf(analysis.firstIssued) ??
      timeOf(told.updated) ??
      context.issuedAt,
    vulnerabilities,
    status,
    justification: wordsOf(analysis.justification) ?? (state === 'false_positive' ? state : null),
    detail: wordsOf(analysis.detail),
    products,
  };
}

function namesOf(told: Fields): readonly string[] {
  const references = list(told.references).slice(0, vexLimits.namesMax);
  return [textOf(told.id), ...references.map((entry) => textOf(fields(entry).id))].flatMap((id) =>
    id === null || id.length > 200 ? [] : [id.trim()],
  );
}

/** The products of one entry, or why there are none. */
function productsOf(
  affects: Fields,
  context: Context & { readonly status: VexStatus },
): readonly VexProduct[] | string {
  const ref = textOf(affects.ref) ?? '';
  const found = identityOfRef(ref, context);
  if (found === null) return `${ref.slice(0, 200) || 'nothing'} is not in the document and is no package URL`;
  const narrowed = narrow(found, list(affects.versions).map(fields), context.status);
  if (typeof narrowed === 'string') return narrowed;
  const { main, mainRef } = context;
  // What is said inside a BOM is said of the product that it is about, where that can be recognised.
  const isInside = main !== null && main.purls.length > 0 && ref !== mainRef;
  return narrowed.map((component) =>
    isInside ? { product: main, component } : { product: component, component: null },
  );
}

function identityOfRef(ref: string, { components }: Context): VexIdentity | null {
  const known = components.get(ref);
  if (known !== undefined) return isNameless(known) ? null : known;
  // A link into another BOM: its fragment is the reference there, which mostly is a package URL.
  const link = /^urn:cdx:[0-9a-f-]{36}\/\d{1,9}#(.{1,4000})$/.exec(ref)?.[1];
  const text = link === undefined ? ref : decoded(link);
  const identity = identityOf([text]);
  return identity.purls.length > 0 ? identity : (components.get(text) ?? null);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Written without escapes.
    return text;
  }
}

/** The versions that the status is about: each by itself, or all where none are listed. */
function narrow(
  found: VexIdentity,
  versions: readonly Fields[],
  status: VexStatus,
): readonly VexIdentity[] | string {
  if (versions.length === 0) return [found];
  const wanted =
    status === 'affected' || status === 'under_investigation' ? ['affected', 'unknown'] : ['unaffected'];
  const own = versions.slice(0, vexLimits.namesMax).filter((entry) => {
    const told = textOf(entry.status) ?? 'affected';
    // In older documents the versions are those that the analysis is about, whatever it says of them.
    return wanted.includes(told) || versions.every((item) => item.status === undefined);
  });
  if (own.some((entry) => textOf(entry.version) === null))
    return 'its versions are given as a range, which is not compared here';
  if (own.length === 0) return 'none of its versions has the status of the analysis';
  return own.map(({ version }) => ({
    ...found,
    purls: found.purls.map((purl) => ({ ...purl, version: textOf(version) })),
  }));
}

function componentsOf(bom: Fields): {
  readonly byRef: ReadonlyMap<string, VexIdentity>;
  readonly isCut: boolean;
} {
  const byRef = new Map<string, VexIdentity>();
  const first = [fields(bom.metadata).component, ...list(bom.components), ...list(bom.services)];
  const pending = first.map((value) => ({ told: fields(value), depth: 0 }));
  for (let count = 0; pending.length > 0 && count < componentsMax; count += 1) {
    const next = pending.pop();
    if (next === undefined || next.depth > depthMax) continue;
    const ref = textOf(next.told['bom-ref']);
    if (ref !== null) byRef.set(ref, componentIdentity(next.told));
    for (const inner of list(next.told.components))
      pending.push({ told: fields(inner), depth: next.depth + 1 });
  }
  return { byRef, isCut: pending.length > 0 };
}

function componentIdentity(told: Fields): VexIdentity {
  const hashes = list(told.hashes)
    .slice(0, vexLimits.namesMax)
    .map(fields)
    .map(({ alg, content }) => (alg === 'SHA-256' ? `sha256:${textOf(content) ?? ''}` : null));
  return identityOf([textOf(told.purl), textOf(told.cpe), ...hashes]);
}

function authorOf(metadata: Fields): string | null {
  const authors = list(metadata.authors)
    .slice(0, 10)
    .flatMap((author) => wordsOf(fields(author).name) ?? []);
  const makers = [metadata.manufacturer, metadata.manufacture, metadata.supplier];
  return authors.join(', ') || (makers.map((maker) => wordsOf(fields(maker).name)).find(Boolean) ?? null);
}
