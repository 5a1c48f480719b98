import { type Fields, fields, list, textOf } from '../../../lib/fields.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import type { NetworkDocument } from '../contract.ts';

/** One object of a document, with what its file's name tells. */
export type Item = {
  readonly fields: Fields;
  readonly file: string;
  readonly account: string | null;
  readonly region: string | null;
};

/** All documents of a network by the key that their lists stand under (`NetworkInterfaces`). */
export type Collection = {
  /** Objects of a key, from all files; empty where no file has it. */
  items(key: string): readonly Item[];
  /** Whether some file has the key, be its list empty. */
  has(key: string): boolean;
  readonly problems: Problem[];
};

/** Problems of one kind that are told one by one; the rest is counted. */
const problemsMax = 1000;

export function collect(documents: readonly NetworkDocument[]): Collection {
  const found = new Map<string, Item[]>();
  const problems: Problem[] = [];
  for (const { name, content } of documents) {
    const place = placeOf(name);
    for (const [key, value] of Object.entries(fields(content))) {
      if (key === 'NextToken' && textOf(value) !== null)
        problems.push(problem('not-assessed', name, 'more pages follow that are not here; fetch them all'));
      const values = Array.isArray(value)
        ? list(value)
        : key.startsWith('Vpc') || singles.has(key)
          ? [value]
          : null;
      if (values === null) continue;
      const items = found.get(key) ?? [];
      for (const one of values) items.push({ fields: fields(one), file: name, ...place });
      found.set(key, items);
      if (singles.has(key)) joinParts(found, key, fields(content), name, place);
    }
  }
  return {
    items: (key) => found.get(key) ?? [],
    has: (key) => found.has(key),
    problems,
  };
}

/** Adds a problem, unless there are already so many that nobody reads them. */
export function report(collection: Collection, kind: Problem['kind'], where: string, why: string): void {
  const { problems } = collection;
  if (problems.length < problemsMax) problems.push(problem(kind, where, why));
  else if (problems.length === problemsMax)
    problems.push(problem('limit', where, 'further problems are not listed', 'problemsMax'));
}

// Calls that answer with one object in place of a list: it and its companion make one item.
const singles = new Set(['Firewall', 'FirewallPolicy', 'RuleGroup']);
const companions: Readonly<Record<string, string>> = {
  Firewall: 'FirewallStatus',
  FirewallPolicy: 'FirewallPolicyResponse',
  RuleGroup: 'RuleGroupResponse',
};

function joinParts(
  found: Map<string, Item[]>,
  key: string,
  content: Fields,
  name: string,
  place: { readonly account: string | null; readonly region: string | null },
): void {
  const joined = { ...fields(content[key]), ...fields(content[companions[key] ?? '']) };
  const items = found.get(`${key}:joined`) ?? [];
  items.push({ fields: joined, file: name, ...place });
  found.set(`${key}:joined`, items);
}

// `Subnets.111122223333.us-east-1.json`, `Subnets.us-east-1.json`
function placeOf(name: string): { readonly account: string | null; readonly region: string | null } {
  const parts = name.split('.').slice(1, -1);
  return {
    account: parts.find((part) => /^\d{12}$/.test(part)) ?? null,
    region: parts.find((part) => /^[a-z]{2}(-[a-z]{1,12}){1,3}-\d{1,2}$/.test(part)) ?? null,
  };
}
