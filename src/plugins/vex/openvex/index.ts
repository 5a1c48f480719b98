import { type Fields, fields, list, textOf, texts } from '../../../lib/fields.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { VexFormat, VexIdentity, VexProduct, VexStatement } from '../contract.ts';
import { identityOf, isNameless, statusOf, timeOf, vexLimits, wordsOf } from '../reading.ts';

/** OpenVEX, from 0.0.1 on, plain or as the predicate of an in-toto statement. */
export const openvex = {
  id: 'openvex',
  title: 'OpenVEX',
  sources: [
    'https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md',
    'https://github.com/openvex/spec/blob/main/ATTESTING.md',
  ],
  recognises: (document) => isOpenVex(bodyOf(document)),
  *read(document, where) {
    const body = bodyOf(document);
    const context: Context = {
      where,
      document: textOf(body['@id']) ?? where,
      author: wordsOf(body.author),
      issuedAt: timeOf(body.last_updated) ?? timeOf(body.timestamp),
      // An attestation is about what it was made for, where a statement names nothing.
      subjects: list(fields(document).subject).slice(0, vexLimits.namesMax).map(subjectIdentity),
    };
    for (const [index, told] of list(body.statements).entries())
      yield* statementsOf(fields(told), `/statements/${index}`, context);
  },
} satisfies VexFormat;

function isOpenVex(body: Fields): boolean {
  return textOf(body['@context'])?.startsWith('https://openvex.dev/ns') ?? false;
}

function bodyOf(document: unknown): Fields {
  const told = fields(document);
  return textOf(told.predicateType)?.startsWith('https://openvex.dev/ns') ? fields(told.predicate) : told;
}

function subjectIdentity(told: unknown): VexIdentity {
  const { name, uri, digest } = fields(told);
  return identityOf([textOf(name), textOf(uri), digestOf(fields(digest).sha256)]);
}

function digestOf(hex: unknown): string | null {
  return textOf(hex) === null ? null : `sha256:${String(hex).toLowerCase()}`;
}

type Context = {
  readonly where: string;
  readonly document: string;
  readonly author: string | null;
  readonly issuedAt: string | null;
  readonly subjects: readonly VexIdentity[];
};

function* statementsOf(told: Fields, place: string, context: Context): Generator<VexStatement | Problem> {
  const status = statusOf(told.status);
  const vulnerabilities = namesOf(told.vulnerability);
  const justification = wordsOf(told.justification);
  const impact = wordsOf(told.impact_statement);
  const where = `${context.where}${place}`;
  if (status === null) {
    yield problem(
      'malformed',
      where,
      `its status ${wordsOf(told.status)?.slice(0, 60) ?? ''} is none of OpenVEX`,
    );
    return;
  }
  if (vulnerabilities.length === 0) {
    yield problem('malformed', where, 'it names no vulnerability');
    return;
  }
  if (status === 'not_affected' && justification === null && impact === null) {
    yield problem('malformed', where, 'it says not_affected and gives neither justification nor impact');
    return;
  }
  const { products, isCut } = productsOf(told, context);
  if (products.every(({ product }) => isNameless(product))) {
    yield problem('malformed', where, 'it names no product');
    return;
  }
  if (isCut) yield problem('limit', where, 'it names too many products', 'productsMax');
  yield {
    format: 'openvex',
    document: context.document,
    author: wordsOf(told.supplier) ?? context.author,
    record: textOf(told['@id']) ?? place,
    issuedAt: timeOf(told.last_updated) ?? timeOf(told.timestamp) ?? context.issuedAt,
    vulnerabilities,
    status,
    justification,
    detail: impact ?? wordsOf(told.action_statement) ?? wordsOf(told.status_notes),
    products,
  };
}

/** A name in the first versions, an object since. */
function namesOf(value: unknown): readonly string[] {
  const told = fields(value);
  const names = [textOf(value), textOf(told.name), idOfPage(textOf(told['@id'])), ...texts(told.aliases)];
  const ids = names.flatMap((name) => (name === null ? [] : [name.trim()]));
  return [...new Set(ids.filter((name) => name !== '' && name.length <= 200))].slice(0, vexLimits.namesMax);
}

/** `https://nvd.nist.gov/vuln/detail/CVE-2023-1255` is about the CVE at its end. */
function idOfPage(address: string | null): string | null {
  return /(?:^|[/#?=])((?:CVE|GHSA)-[A-Za-z0-9-]{4,40})$/.exec(address ?? '')?.[1] ?? address;
}

type Products = { readonly products: readonly VexProduct[]; readonly isCut: boolean };

function productsOf(told: Fields, { subjects }: Context): Products {
  // The first versions had the parts of all products beside them.
  const shared = list(told.subcomponents);
  const named = list(told.products).map((product) => ({
    whole: () => identity(product),
    parts: [shared, list(fields(product).subcomponents)],
  }));
  const meant = named.length > 0 ? named : subjects.map((whole) => ({ whole: () => whole, parts: [shared] }));
  const products: VexProduct[] = [];
  for (const { whole, parts } of meant) {
    const product = whole();
    const before = products.length;
    for (const group of parts) {
      for (const part of group) {
        if (products.length >= vexLimits.productsMax) return { products, isCut: true };
        products.push({ product, component: identity(part) });
      }
    }
    if (products.length >= vexLimits.productsMax) return { products, isCut: true };
    if (products.length === before) products.push({ product, component: null });
  }
  return { products, isCut: false };
}

function identity(value: unknown): VexIdentity {
  const told = fields(value);
  // The specification and its schema call the CPEs differently.
  const { purl, cpe22, cpe23, '@cpe22': at22, '@cpe23': at23 } = fields(told.identifiers);
  const names = [value, told['@id'], purl, cpe22, cpe23, at22, at23].map(textOf);
  return identityOf([...names, digestOf(fields(told.hashes)['sha-256'])]);
}
