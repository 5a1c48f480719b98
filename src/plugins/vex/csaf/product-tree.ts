import { type Fields, fields, list, textOf, texts } from '../../../lib/fields.ts';
import type { VexIdentity, VexProduct } from '../contract.ts';
import { identityOf, vexLimits } from '../reading.ts';

/** Deepest nesting of branches and of relationships that is followed. */
const depthMax = 30;

/** Most branches, and most relationships, of one document that are looked at. */
const nodesMax = 1_000_000;

/** A CSAF product tree as look-up tables by product id. */
export type ProductTree = {
  readonly identities: ReadonlyMap<string, VexIdentity>;
  /** A product that is a part of another one: what and in what. */
  readonly parts: ReadonlyMap<string, { readonly component: string; readonly inside: string }>;
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly isCut: boolean;
};

/** Source: https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html#322-product-tree-property */
export function productTree(tree: Fields): ProductTree {
  const identities = new Map<string, VexIdentity>();
  const note = (product: Fields) => {
    const id = textOf(product.product_id);
    if (id !== null) identities.set(id, identityOfProduct(product, id));
  };
  const pending: { readonly branch: Fields; readonly depth: number }[] = [{ branch: tree, depth: 0 }];
  let count = 0;
  for (; pending.length > 0 && count < nodesMax; count += 1) {
    const next = pending.pop();
    if (next === undefined || next.depth > depthMax) continue;
    note(fields(next.branch.product));
    for (const branch of list(next.branch.branches))
      pending.push({ branch: fields(branch), depth: next.depth + 1 });
  }
  for (const product of list(tree.full_product_names).slice(0, nodesMax)) note(fields(product));
  return { identities, ...relationsOf(tree), groups: groupsOf(tree), isCut: pending.length > 0 };
}

function relationsOf(tree: Fields): Pick<ProductTree, 'parts'> {
  const parts = new Map<string, { component: string; inside: string }>();
  for (const relation of list(tree.relationships).slice(0, nodesMax).map(fields)) {
    const id = textOf(fields(relation.full_product_name).product_id);
    const component = textOf(relation.product_reference);
    const inside = textOf(relation.relates_to_product_reference);
    if (id !== null && component !== null && inside !== null) parts.set(id, { component, inside });
  }
  return { parts };
}

function groupsOf(tree: Fields): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, readonly string[]>();
  for (const group of list(tree.product_groups).slice(0, nodesMax).map(fields)) {
    const id = textOf(group.group_id);
    if (id !== null) groups.set(id, texts(group.product_ids).slice(0, vexLimits.productsMax));
  }
  return groups;
}

function identityOfProduct(product: Fields, id: string): VexIdentity {
  const helper = fields(product.product_identification_helper);
  const hashes = list(helper.hashes)
    .slice(0, vexLimits.namesMax)
    .flatMap((entry) => list(fields(entry).file_hashes).slice(0, vexLimits.namesMax).map(fields))
    .map(({ algorithm, value }) => (algorithm === 'sha256' ? `sha256:${textOf(value) ?? ''}` : null));
  const told = [textOf(helper.purl), ...texts(helper.purls), textOf(helper.cpe)];
  return identityOf([...told, ...hashes, textOf(product.name), id]);
}

/** What a product id stands for: a part of something, followed to its ends, or a thing of its own. */
export function productOf(id: string, { identities, parts }: ProductTree): VexProduct | null {
  const outer = follow(id, (part) => part.inside, parts);
  const inner = follow(id, (part) => part.component, parts);
  const product = outer === null ? undefined : identities.get(outer);
  if (product === undefined || inner === null) return null;
  if (inner === outer) return { product, component: null };
  const component = identities.get(inner);
  return component === undefined ? null : { product, component };
}

type Part = { readonly component: string; readonly inside: string };

function follow(id: string, next: (part: Part) => string, parts: ProductTree['parts']): string | null {
  let at = id;
  for (let depth = 0; depth < depthMax; depth += 1) {
    const part = parts.get(at);
    if (part === undefined) return at;
    at = next(part);
  }
  return null;
}
