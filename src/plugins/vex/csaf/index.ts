import { type Fields, fields, list, textOf, texts } from '../../../lib/fields.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { VexFormat, VexProduct, VexStatement, VexStatus } from '../contract.ts';
import { timeOf, vexLimits, wordsOf } from '../reading.ts';
import { type ProductTree, productOf, productTree } from './product-tree.ts';

/** CSAF 2.0 and 2.1, the VEX profile first of all; security advisories tell product states in the same way. */
export const csaf = {
  id: 'csaf',
  title: 'CSAF VEX',
  sources: [
    'https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html#45-profile-5-vex',
    'https://docs.oasis-open.org/csaf/csaf/v2.1/csaf-v2.1.html',
  ],
  recognises: (document) => /^csaf_/.test(textOf(headOf(document).category) ?? ''),
  *read(document, where) {
    const told = fields(document);
    const head = headOf(document);
    const tracking = fields(head.tracking);
    const context: Context = {
      where,
      document: textOf(tracking.id) ?? where,
      author: wordsOf(fields(head.publisher).name),
      issuedAt: timeOf(tracking.current_release_date) ?? timeOf(tracking.initial_release_date),
      tree: productTree(fields(told.product_tree)),
    };
    if (context.tree.isCut) yield problem('limit', where, 'its product tree is too large', 'nodesMax');
    for (const [index, vulnerability] of list(told.vulnerabilities).entries())
      yield* vulnerabilityRecords(fields(vulnerability), `/vulnerabilities/${index}`, context);
  },
} satisfies VexFormat;

function headOf(document: unknown): Fields {
  return fields(fields(document).document);
}

type Context = {
  readonly where: string;
  readonly document: string;
  readonly author: string | null;
  readonly issuedAt: string | null;
  readonly tree: ProductTree;
};

const statusNames: readonly (readonly [string, VexStatus])[] = [
  ['first_affected', 'affected'],
  ['known_affected', 'affected'],
  ['last_affected', 'affected'],
  ['known_not_affected', 'not_affected'],
  ['first_fixed', 'fixed'],
  ['fixed', 'fixed'],
  ['under_investigation', 'under_investigation'],
];

function* vulnerabilityRecords(
  told: Fields,
  place: string,
  context: Context,
): Generator<VexStatement | Problem> {
  const vulnerabilities = [textOf(told.cve), ...list(told.ids).map((entry) => textOf(fields(entry).text))]
    .flatMap((id) => (id === null || id.length > 200 ? [] : [id.trim()]))
    .slice(0, vexLimits.namesMax);
  const where = `${context.where}${place}`;
  if (vulnerabilities.length === 0) {
    yield problem('malformed', where, 'it names no vulnerability');
    return;
  }
  const reasons = reasonsOf(told, context.tree);
  for (const [name, status] of statusNames) {
    const record = `${place}/product_status/${name}`;
    const ids = texts(fields(told.product_status)[name]);
    if (ids.length > vexLimits.productsMax)
      yield problem('limit', `${context.where}${record}`, 'it names too many products', 'productsMax');
    const { groups, unknown, unexplained } = grouped(
      ids.slice(0, vexLimits.productsMax),
      status,
      reasons,
      context,
    );
    if (unknown > 0)
      yield problem(
        'malformed',
        `${context.where}${record}`,
        `${unknown} of its products are not in the product tree`,
      );
    if (unexplained > 0)
      yield problem(
        'malformed',
        `${context.where}${record}`,
        `for ${unexplained} products that are said not to be affected neither a flag nor an impact is given`,
      );
    for (const { reason, products } of groups) {
      const { document, author, issuedAt } = context;
      const { justification, detail } = reason;
      const own = { format: 'csaf', document, author, record, issuedAt: reason.date ?? issuedAt };
      yield { ...own, vulnerabilities, status, justification, detail, products };
    }
  }
}

type Reason = {
  readonly justification: string | null;
  readonly detail: string | null;
  readonly date: string | null;
};
type Group = { readonly reason: Reason; readonly products: VexProduct[] };

// One statement for the products that share a reason.
function grouped(
  ids: readonly string[],
  status: VexStatus,
  reasons: Reasons,
  { tree }: Context,
): { readonly groups: readonly Group[]; readonly unknown: number; readonly unexplained: number } {
  const groups = new Map<string, Group>();
  let [unknown, unexplained] = [0, 0];
  for (const id of ids) {
    const product = productOf(id, tree);
    if (product === null) {
      unknown += 1;
      continue;
    }
    const reason = reasonFor(id, status, reasons);
    if (status === 'not_affected' && reason.justification === null && reason.detail === null) {
      unexplained += 1;
      continue;
    }
    const key = JSON.stringify(reason);
    const group = groups.get(key) ?? { reason, products: [] };
    groups.set(key, group);
    group.products.push(product);
  }
  return { groups: [...groups.values()], unknown, unexplained };
}

type Reasons = {
  /** What holds for every product. */
  readonly flagOfAll: Told | null;
  readonly flags: ReadonlyMap<string, Told>;
  readonly impacts: ReadonlyMap<string, Told>;
  readonly impactOfAll: Told | null;
  readonly remedies: ReadonlyMap<string, Told>;
  readonly remedyOfAll: Told | null;
};
type Told = { readonly text: string; readonly date: string | null };

function reasonFor(id: string, status: VexStatus, reasons: Reasons): Reason {
  if (status !== 'not_affected') {
    const remedy = status === 'affected' ? (reasons.remedies.get(id) ?? reasons.remedyOfAll) : null;
    return { justification: null, detail: remedy?.text ?? null, date: null };
  }
  const flag = reasons.flags.get(id) ?? reasons.flagOfAll;
  const impact = reasons.impacts.get(id) ?? reasons.impactOfAll;
  return {
    justification: flag?.text ?? null,
    detail: impact?.text ?? null,
    date: flag?.date ?? impact?.date ?? null,
  };
}

function reasonsOf(told: Fields, tree: ProductTree): Reasons {
  const impacts = list(told.threats).filter((threat) => fields(threat).category === 'impact');
  const [flags, flagOfAll] = byProduct(list(told.flags), 'label', tree);
  const [impactsOf, impactOfAll] = byProduct(impacts, 'details', tree);
  const [remedies, remedyOfAll] = byProduct(list(told.remediations), 'details', tree);
  return { flags, flagOfAll, impacts: impactsOf, impactOfAll, remedies, remedyOfAll };
}

function byProduct(
  entries: readonly unknown[],
  name: string,
  { groups }: ProductTree,
): readonly [ReadonlyMap<string, Told>, Told | null] {
  const found = new Map<string, Told>();
  let ofAll: Told | null = null;
  let left: number = vexLimits.productsMax;
  for (const entry of entries.slice(0, vexLimits.productsMax).map(fields)) {
    const text = wordsOf(entry[name]);
    if (text === null || left <= 0) continue;
    const told = { text, date: timeOf(entry.date) };
    const named = [
      texts(entry.product_ids),
      ...texts(entry.group_ids).map((group) => groups.get(group) ?? []),
    ];
    for (const ids of named) {
      for (const id of ids.slice(0, left)) found.set(id, told);
      left -= ids.length + 1;
      if (left <= 0) break;
    }
    if (named.every((ids) => ids.length === 0)) ofAll = told;
  }
  return [found, ofAll];
}
