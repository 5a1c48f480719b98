import type { Verdict } from '../../model/match.ts';
import type { Package } from '../../model/package.ts';
import { type Problem, problem } from '../../model/problem.ts';
import type { VexIdentity, VexProduct, VexStatement, VexStatus } from '../../plugins/vex/contract.ts';
import { packageNames, packagesByName, purlNames } from './vex-names.ts';
import { type Specificity, specificityOf, type VexContext } from './vex-product.ts';

/** A finding as far as a statement can be about it. */
export type VexSubject = { readonly package: Package; readonly verdict: Pick<Verdict, 'vulnerability'> };

/** What the statements that were given say of a finding; the proof that a finding is reported or only explained. */
export type VexVerdict = {
  readonly status: VexStatus;
  readonly justification: string | null;
  readonly detail: string | null;
  readonly format: string;
  readonly document: string;
  readonly author: string | null;
  /** Which statement of the document. */
  readonly statement: string;
  readonly issuedAt: string | null;
  /** The statements that say otherwise, and why this one counts. */
  readonly overrules: readonly Overruled[];
};

export type Overruled = {
  readonly status: VexStatus;
  readonly document: string;
  readonly author: string | null;
  readonly statement: string;
  readonly why: 'less specific' | 'older' | 'given earlier';
};

export type VexOutcome<T> = {
  /** What is reported, with what was said of it. */
  readonly reported: readonly { readonly finding: T; readonly vex: VexVerdict | null }[];
  /** What is explained and not reported: somebody says that it is not affected, or fixed. */
  readonly explained: readonly { readonly finding: T; readonly vex: VexVerdict }[];
  readonly problems: readonly Problem[];
};

/** Most statements that a finding overrules which are listed. */
const overruledShown = 20;

/**
 * Holds findings against VEX statements. Of the statements on one finding the most specific counts, and of equally
 * specific ones the newest: one that names the resource before one that names a package alone, a version before none.
 * `not_affected` and `fixed` take a finding out of the report and keep it as explained; the others stay with it.
 * Statements that say of a package here that it is affected, where no finding says so, are problems. Pure.
 */
export function applyVex<T extends VexSubject>(
  findings: readonly T[],
  statements: readonly VexStatement[],
  context: VexContext & { readonly displayId: (id: string) => string },
): VexOutcome<T> {
  const index = indexOf(statements, context.displayId);
  const reported: { finding: T; vex: VexVerdict | null }[] = [];
  const explained: { finding: T; vex: VexVerdict }[] = [];
  for (const finding of findings) {
    const vex = verdictFor(finding, index, context);
    if (vex !== null && (vex.status === 'not_affected' || vex.status === 'fixed'))
      explained.push({ finding, vex });
    else reported.push({ finding, vex });
  }
  return { reported, explained, problems: unmatched(statements, findings, context) };
}

type Candidate = { readonly statement: VexStatement; readonly order: number; readonly product: VexProduct };

/** Products by vulnerability, and there by the names of the package that they can mean; `''` for any package. */
type Index = ReadonlyMap<string, ReadonlyMap<string, readonly Candidate[]>>;

function indexOf(statements: readonly VexStatement[], displayId: (id: string) => string): Index {
  const index = new Map<string, Map<string, Candidate[]>>();
  for (const [order, statement] of statements.entries()) {
    for (const id of new Set(statement.vulnerabilities.map(displayId))) {
      const byName = index.get(id) ?? new Map<string, Candidate[]>();
      index.set(id, byName);
      for (const product of statement.products) {
        for (const name of namesOf(product)) {
          const held = byName.get(name);
          if (held) held.push({ statement, order, product });
          else byName.set(name, [{ statement, order, product }]);
        }
      }
    }
  }
  return index;
}

// A product without a part may be the package itself or, unless it is named as a package, what ships any package.
function namesOf({ product, component }: VexProduct): ReadonlySet<string> {
  const names = new Set(purlNames(component ?? product));
  if (component === null && mayShip(product)) names.add('');
  return names;
}

function mayShip({ purls, cpes, names }: VexIdentity): boolean {
  return cpes.length + names.length > 0 || purls.some(({ type }) => type === 'oci' || type === 'docker');
}

type Heard = Candidate & { readonly specificity: Specificity };

function verdictFor(
  { package: pkg, verdict }: VexSubject,
  index: Index,
  context: VexContext,
): VexVerdict | null {
  const byName = index.get(verdict.vulnerability);
  if (byName === undefined) return null;
  const heard = new Map<VexStatement, Heard>();
  for (const name of ['', ...packageNames(pkg)]) {
    for (const candidate of byName.get(name) ?? []) {
      const specificity = specificityOf(candidate.product, pkg, context);
      if (specificity === null) continue;
      const known = heard.get(candidate.statement);
      if (known === undefined || compare(specificity, known.specificity) > 0)
        heard.set(candidate.statement, { ...candidate, specificity });
    }
  }
  const ranked = [...heard.values()].sort(strongestFirst);
  const [first, ...others] = ranked;
  return first === undefined ? null : verdictOf(first, others);
}

function strongestFirst(a: Heard, b: Heard): number {
  return compare(b.specificity, a.specificity) || compareTime(b, a) || b.order - a.order;
}

function compare(a: Specificity, b: Specificity): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

// A statement without a time is older than one with.
function compareTime(a: Heard, b: Heard): number {
  const [left, right] = [a.statement.issuedAt ?? '', b.statement.issuedAt ?? ''];
  return left === right ? 0 : left < right ? -1 : 1;
}

function verdictOf(first: Heard, others: readonly Heard[]): VexVerdict {
  const { status, justification, detail, format, document, author, record, issuedAt } = first.statement;
  const against = others.filter(({ statement }) => statement.status !== status);
  return {
    status,
    justification,
    detail,
    format,
    document,
    author,
    statement: record,
    issuedAt,
    overrules: against.slice(0, overruledShown).map((other) => ({
      status: other.statement.status,
      document: other.statement.document,
      author: other.statement.author,
      statement: other.statement.record,
      why:
        compare(first.specificity, other.specificity) > 0
          ? 'less specific'
          : compareTime(first, other) > 0
            ? 'older'
            : 'given earlier',
    })),
  };
}

/** Statements that a package here is affected which no finding bears out: silence would hide them. */
function unmatched(
  statements: readonly VexStatement[],
  findings: readonly VexSubject[],
  context: VexContext & { readonly displayId: (id: string) => string },
): readonly Problem[] {
  const found = new Set(findings.map(({ package: pkg, verdict }) => `${verdict.vulnerability} ${pkg.purl}`));
  const byName = packagesByName(context.packages);
  const problems: Problem[] = [];
  for (const { status, products, vulnerabilities, document, record } of statements) {
    if (status !== 'affected') continue;
    const ids = [...new Set(vulnerabilities.map(context.displayId))];
    for (const pkg of affectedPackages(products, byName, context)) {
      if (ids.some((id) => found.has(`${id} ${pkg.purl}`))) continue;
      const why = `the VEX document ${document} (${record}) says that it is affected, and our sources do not`;
      problems.push(problem('not-assessed', `${ids[0] ?? ''} in ${pkg.purl}`, why));
    }
  }
  return problems;
}

// Only where a package is named: a resource that is affected as a whole is no statement on one of its packages.
function affectedPackages(
  products: readonly VexProduct[],
  byName: ReadonlyMap<string, readonly Package[]>,
  context: VexContext,
): ReadonlySet<Package> {
  const meant = new Set<Package>();
  for (const vex of products) {
    for (const name of purlNames(vex.component ?? vex.product)) {
      for (const pkg of byName.get(name) ?? []) if (specificityOf(vex, pkg, context) !== null) meant.add(pkg);
    }
  }
  return meant;
}
