import { type Fields, textOf } from '../../../lib/fields.ts';
import type { PackageScope } from '../../../model/package.ts';
import type { ProblemList } from './problem-list.ts';

/** One relationship of SPDX, turned so that `from` needs, or describes, `to`. */
export type SpdxRelation = {
  readonly kind: 'describes' | 'depends';
  readonly from: string;
  readonly to: string;
  readonly scope: PackageScope | null;
};

type Meaning = Omit<SpdxRelation, 'from' | 'to'> & { readonly isTurned: boolean };

// Source: https://spdx.github.io/spdx-spec/v2.3/relationships-between-SPDX-elements/
const meanings: Readonly<Record<string, Meaning>> = {
  DESCRIBES: { kind: 'describes', scope: null, isTurned: false },
  DESCRIBED_BY: { kind: 'describes', scope: null, isTurned: true },
  DEPENDS_ON: { kind: 'depends', scope: null, isTurned: false },
  DEPENDENCY_OF: { kind: 'depends', scope: null, isTurned: true },
  RUNTIME_DEPENDENCY_OF: { kind: 'depends', scope: 'runtime', isTurned: true },
  OPTIONAL_DEPENDENCY_OF: { kind: 'depends', scope: 'optional', isTurned: true },
  DEV_DEPENDENCY_OF: { kind: 'depends', scope: 'dev', isTurned: true },
  BUILD_DEPENDENCY_OF: { kind: 'depends', scope: 'dev', isTurned: true },
  TEST_DEPENDENCY_OF: { kind: 'depends', scope: 'test', isTurned: true },
  PROVIDED_DEPENDENCY_OF: { kind: 'depends', scope: null, isTurned: true },
};

/** The relationships that tell what a document is about and who needs whom. */
export function relationsOf(document: Fields, where: string, problems: ProblemList): readonly SpdxRelation[] {
  const found: SpdxRelation[] = [];
  for (const item of problems.objectsIn(document, 'relationships', where)) {
    const type = textOf(item.relationshipType) ?? '';
    const meaning = Object.hasOwn(meanings, type) ? meanings[type] : undefined;
    const one = textOf(item.spdxElementId);
    const two = textOf(item.relatedSpdxElement);
    if (meaning === undefined || one === null || two === null) continue;
    const [from, to] = meaning.isTurned ? [two, one] : [one, two];
    found.push({ kind: meaning.kind, scope: meaning.scope, from, to });
  }
  return found;
}
