import type { Inventory } from '../../model/inventory.ts';
import type { VexStatement } from '../../plugins/vex/contract.ts';
import type { ExplainedPackage, Explanation } from './explain.ts';
import { applyVex, type VexVerdict } from './vex.ts';
import type { VexContext } from './vex-product.ts';

/** An explanation with what VEX documents say of each package that would be reported. */
export type VexExplanation = Omit<Explanation, 'packages'> & {
  readonly packages: readonly (ExplainedPackage & { readonly vex: VexVerdict | null })[];
};

/**
 * Holds an explanation against VEX statements: a package that they call not affected or fixed is not reported, and
 * where none is left the answer is that. Pure.
 */
export function explainVex(
  explanation: Explanation,
  statements: readonly VexStatement[],
  {
    resource,
    inventory,
    displayId,
  }: Pick<VexContext, 'resource'> & {
    readonly inventory: Inventory;
    readonly displayId: (id: string) => string;
  },
): VexExplanation {
  const findings = explanation.packages.flatMap((item) => {
    // The evidence is handed over as it is, so that it tells copies of one version apart.
    const pkg = inventory.packages.find(
      ({ purl, evidence }) => purl === item.purl && evidence === item.evidence,
    );
    return pkg === undefined || !item.isReported ? [] : [{ item, package: pkg, verdict: item.verdict }];
  });
  const context = { resource, os: inventory.os, packages: inventory.packages, displayId };
  const outcome = applyVex(findings, statements, context);
  const said = new Map(
    [...outcome.reported, ...outcome.explained].map(({ finding, vex }) => [finding.item, vex] as const),
  );
  const explained = new Set(outcome.explained.map(({ finding }) => finding.item));
  const packages = explanation.packages.map((item) => ({
    ...item,
    isReported: item.isReported && !explained.has(item),
    vex: said.get(item) ?? null,
  }));
  const [first] = outcome.explained;
  if (first === undefined || outcome.reported.length > 0) return { ...explanation, packages };
  return { ...explanation, packages, answer: 'not-affected', reason: vexReason(first.vex) };
}

/** A statement in one sentence. */
export function vexReason({
  status,
  justification,
  detail,
  author,
  document,
  statement,
}: VexVerdict): string {
  const why = [justification, detail].filter((text) => text !== null).join(': ');
  return `${author ?? 'no author'} states in ${document} (${statement}) that it is ${status}${why && ` (${why})`}`;
}
