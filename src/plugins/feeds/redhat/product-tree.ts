import { type Fields, fields, list, textOf } from '../../../lib/fields.ts';
import { parsePurl } from '../../../model/purl.ts';
import { streamOfCpe } from '../redhat-cpe.ts';

/** Deepest nesting of branches, and of components inside components, that is followed. */
const depthMax = 12;

/** Most products and relationships of one document that are looked at. */
const productsMax = 1_000_000;

/** A CSAF product tree as look-up tables by product id. */
export type ProductTree = {
  readonly cpes: ReadonlyMap<string, string>;
  readonly purls: ReadonlyMap<string, string>;
  /** A product that is a component of another: what and in what. */
  readonly parts: ReadonlyMap<string, { readonly component: string; readonly inside: string }>;
};

/** A package in a stream, as a product id means it. */
export type Component = {
  readonly stream: string;
  readonly name: string;
  /** With its epoch when that is not 0; null when only the package is named. */
  readonly evr: string | null;
  readonly arch: string | null;
  /** rpm module `name:stream`, or null. */
  readonly module: string | null;
};

export function productTree(tree: Fields): ProductTree {
  const cpes = new Map<string, string>();
  const purls = new Map<string, string>();
  const pending: { readonly branch: Fields; readonly depth: number }[] = [{ branch: tree, depth: 0 }];
  for (let count = 0; pending.length > 0 && count < productsMax; count += 1) {
    const next = pending.pop();
    if (next === undefined || next.depth > depthMax) continue;
    const product = fields(next.branch.product);
    const id = textOf(product.product_id);
    const helper = fields(product.product_identification_helper);
    const [cpe, purl] = [textOf(helper.cpe), textOf(helper.purl)];
    if (id !== null && cpe !== null) cpes.set(id, cpe);
    if (id !== null && purl !== null) purls.set(id, purl);
    for (const branch of list(next.branch.branches))
      pending.push({ branch: fields(branch), depth: next.depth + 1 });
  }
  return { cpes, purls, parts: partsOf(tree) };
}

function partsOf(tree: Fields): ProductTree['parts'] {
  const parts = new Map<string, { component: string; inside: string }>();
  for (const relation of list(tree.relationships).slice(0, productsMax).map(fields)) {
    const id = textOf(fields(relation.full_product_name).product_id);
    const component = textOf(relation.product_reference);
    const inside = textOf(relation.relates_to_product_reference);
    if (id !== null && component !== null && inside !== null) parts.set(id, { component, inside });
  }
  return parts;
}

/**
 * The rpm package that a product id stands for. Null when it is none of RHEL itself: a container, a product sold
 * apart, a source package's file, or an id that the tree does not explain.
 */
export function componentOf(productId: string, tree: ProductTree): Component | null {
  let stream: string | null = null;
  let module: string | null = null;
  let component = '';
  let at = productId;
  for (let depth = 0; depth < depthMax; depth += 1) {
    const part = tree.parts.get(at);
    if (part === undefined) break;
    if (component === '') component = part.component;
    else module = moduleOf(tree.purls.get(part.component) ?? '') ?? module;
    at = part.inside;
  }
  const cpe = tree.cpes.get(at);
  if (cpe !== undefined) stream = streamOfCpe(cpe);
  const purl = tree.purls.get(component);
  return stream === null || purl === undefined ? null : packageOf(purl, { stream, module });
}

function packageOf(text: string, around: { stream: string; module: string | null }): Component | null {
  const purl = parsePurl(text);
  if (purl === null || 'kind' in purl || purl.type !== 'rpm') return null;
  const { arch = null, epoch = '0', rpmmod } = purl.qualifiers;
  // Modules without a build are written as a version: `go-toolset@rhel8?…&rpmmod=go-toolset:rhel8`.
  const isBuild = purl.version?.includes('-') ?? false;
  if (arch === 'src' && isBuild) return null;
  const named = /^([\w.+-]+:[\w.+-]+)/.exec(rpmmod ?? '')?.[1] ?? null;
  return {
    stream: around.stream,
    name: purl.name,
    evr: isBuild ? `${epoch === '0' ? '' : `${epoch}:`}${purl.version}` : null,
    arch: arch === 'src' ? null : arch,
    module: named ?? around.module,
  };
}

/** `pkg:rpmmod/redhat/nodejs@18:8090…` is `nodejs:18`. */
function moduleOf(text: string): string | null {
  const purl = parsePurl(text);
  if (purl === null || 'kind' in purl || purl.type !== 'rpmmod') return null;
  const stream = purl.version?.split(':', 1)[0];
  return stream === undefined || stream === '' ? null : `${purl.name}:${stream}`;
}
