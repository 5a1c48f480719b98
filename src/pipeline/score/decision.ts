import type { RiskFacts } from './facts.ts';

/**
 * A decision by a table of somebody else's. What is not known is taken at its worst, so that a gap never delays, and
 * is listed.
 */
export type Decision<T> = {
  readonly outcome: T;
  /** What each column of the table was. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Columns whose value was assumed. */
  readonly assumed: readonly string[];
};

/** A column of a decision: the value, and whether it had to be assumed. */
export type Column = { readonly value: string; readonly isAssumed: boolean };

export function known(value: string): Column {
  return { value, isAssumed: false };
}

export function assumed(value: string): Column {
  return { value, isAssumed: true };
}

/** Looks a row up. Throws when the table does not have the row: the tables are complete, which tests hold. */
export function decide<T>(
  rows: readonly { readonly when: readonly string[]; readonly then: T }[],
  columns: Readonly<Record<string, Column>>,
): Decision<T> {
  const wanted = Object.values(columns).map(({ value }) => value);
  const row = rows.find(({ when }) => when.every((value, at) => value === wanted[at]));
  if (!row) throw new Error(`the decision table has no row ${wanted.join(', ')}`);
  return {
    outcome: row.then,
    inputs: Object.fromEntries(Object.entries(columns).map(([name, { value }]) => [name, value])),
    assumed: Object.entries(columns).flatMap(([name, { isAssumed }]) => (isAssumed ? [name] : [])),
  };
}

/** Whether anybody on the internet can reach the resource: not known counts as yes. */
export function publicly({ network }: RiskFacts): Column {
  if (network.value === null || network.value === 'unknown') return assumed('yes');
  return known(network.value === 'internet' ? 'yes' : 'no');
}
