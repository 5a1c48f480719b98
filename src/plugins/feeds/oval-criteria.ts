import type { OvalPackageTest } from './oval.ts';

/** A leaf of a definition's criteria: which test, and what the file says of it in words. */
export type Criterion = { readonly test: string; readonly comment: string };

/** A node: all of its members must hold, or one of them. */
export type Criteria = {
  readonly isOr: boolean;
  readonly isNegated: boolean;
  readonly nodes: (Criteria | Criterion)[];
};

/** An entry of the `tests` section. Absence tests hold when the package is not there. */
export type Test = {
  readonly object: string;
  readonly state: string;
  readonly isAbsence: boolean;
  readonly comment: string;
};

export type State = {
  readonly evr: string | null;
  readonly operation: string;
  readonly arch: string;
  readonly comment: string;
};

export type OvalObject = {
  readonly names: readonly string[];
  readonly variable: string | null;
  readonly comment: string;
};

/** The entries that criteria refer to, by id. */
export type OvalTests = {
  readonly tests: Map<string, Test>;
  readonly objects: Map<string, OvalObject>;
  readonly states: Map<string, State>;
  readonly variables: Map<string, string[]>;
};

type Around = Pick<OvalPackageTest, 'conditions' | 'anyOf'>;

/** Walks the criteria, collecting package tests with what must hold beside them. Gives the count of other tests. */
export function gather(
  criteria: Criteria,
  around: Around,
  parts: OvalTests,
  packages: OvalPackageTest[],
): number {
  let others = 0;
  if (criteria.isNegated) return 0;
  const own = criteria.isOr ? around : joined(criteria, around, parts);
  const lower: Found[] = [];
  const found: { readonly test: Found; readonly comment: string }[] = [];
  for (const node of criteria.nodes) {
    if (!('test' in node)) {
      others += gather(node, own, parts, packages);
      continue;
    }
    const test = packageTest(node, parts);
    if (test === 'other') others += 1;
    else if (test?.verdict === 'above') lower.push(test);
    else if (test !== null) found.push({ test, comment: node.comment });
  }
  for (const { test, comment } of found) {
    const above = criteria.isOr ? undefined : lower.find((bound) => bound.names.join() === test.names.join());
    packages.push({ ...(test as BoundedTest), above: above?.evr ?? null, ...without(own, comment) });
  }
  return found.length === 0 ? others + lower.length : others;
}

type BoundedTest = Omit<OvalPackageTest, 'conditions' | 'anyOf' | 'above'>;
type Found = Omit<BoundedTest, 'verdict'> & { readonly verdict: BoundedTest['verdict'] | 'above' };

/** What must hold inside an AND: its plain comments, and of each of its plain OR groups one. */
function joined(criteria: Criteria, around: Around, parts: OvalTests): Around {
  const conditions = [...around.conditions];
  const anyOf = [...around.anyOf];
  for (const node of criteria.nodes) {
    if ('test' in node) conditions.push(node.comment);
    else if (
      node.isOr &&
      node.nodes.every((inner) => 'test' in inner && packageTest(inner, parts) === null)
    ) {
      anyOf.push(node.nodes.map((inner) => ('test' in inner ? inner.comment : '')));
    }
  }
  return { conditions: conditions.filter((comment) => comment !== ''), anyOf };
}

function without(around: Around, comment: string): Around {
  return { ...around, conditions: around.conditions.filter((condition) => condition !== comment) };
}

/** Null for a test that is no vulnerable version: a release, a signature. */
function packageTest(node: Criterion, parts: OvalTests): Found | 'other' | null {
  const test = parts.tests.get(node.test);
  if (test === undefined) return testByComment(node.comment);
  const state = parts.states.get(test.state);
  const object = parts.objects.get(test.object);
  const names = (object?.variable ? parts.variables.get(object.variable) : object?.names) ?? [];
  const told = {
    names,
    arches: archesOf(state?.arch ?? ''),
    comment: object?.comment || (state?.comment ?? ''),
  };
  const word = / is (not )?affected$/.exec(node.comment);
  if (word !== null && names.length > 0) return { ...told, verdict: word[1] ? 'never' : 'every', evr: null };
  if (state === undefined || state.evr === null || test.isAbsence) return null;
  const verdict = names.length === 0 ? undefined : verdicts[state.operation];
  if (verdict === undefined) return 'other';
  // "Above nothing" is how some write that every version is meant.
  if (verdict === 'above' && /^(0:)?0(\.0)*-0$/.test(state.evr))
    return { ...told, verdict: 'every', evr: null };
  return { ...told, verdict, evr: state.evr };
}

/** Some files leave tests out; their comments say in words what the test would have compared. */
function testByComment(comment: string): Found | 'other' | null {
  const match = /^(\S{1,200}) (?:DPKG )?is earlier than (\S{1,200})$/.exec(comment);
  if (match === null) return / (is|must be) installed$| is signed with /.test(comment) ? null : 'other';
  return { names: [match[1] ?? ''], verdict: 'below', evr: match[2] ?? '', arches: null, comment: '' };
}

const verdicts: Readonly<Record<string, 'below' | 'upTo' | 'above'>> = {
  'less than': 'below',
  'less than or equal': 'upTo',
  'greater than': 'above',
};

/** `aarch64|x86_64`, `(i586|x86_64)` or one name. */
function archesOf(pattern: string): readonly string[] | null {
  const names = pattern
    .replace(/[()^$]/g, '')
    .split('|')
    .filter((name) => /^\w+$/.test(name));
  return names.length === 0 ? null : names;
}
