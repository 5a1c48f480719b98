import type { AffectedRange, Statement } from '../../model/advisory.ts';
import type { Comparison, VerdictResult } from '../../model/match.ts';
import type { VersionScheme } from '../../versions/contract.ts';
import { versionScheme } from '../../versions/registry.ts';

/** What one statement means for one version, with every comparison that was made. */
export type Judgement = {
  readonly result: VerdictResult;
  readonly range: AffectedRange | null;
  readonly comparisons: readonly Comparison[];
  readonly fixedVersion: string | null;
  readonly reason: string;
};

/**
 * Judges a version by one statement. Pure. A bound or version that cannot be compared makes the result
 * `undetermined`, unless another range or the list settles it.
 */
export function judgeStatement(
  statement: Statement,
  version: string,
  scheme: VersionScheme | null,
): Judgement {
  if (statement.status === 'under-investigation' || statement.status === 'unknown') {
    const note = statement.note ? ` (${statement.note})` : '';
    return plain('undetermined', `${statement.feed} has not settled whether it is affected${note}`);
  }
  if (
    statement.status === 'not-affected' &&
    statement.ranges.length === 0 &&
    statement.versions.length === 0
  ) {
    return plain('unaffected', `${statement.feed} states that it is not affected${noteOf(statement)}`);
  }
  const equal = listedComparison(statement.versions, version, scheme);
  if (equal !== null) {
    return settle(
      statement,
      'affected',
      null,
      [equal],
      listedFix(statement, version, scheme),
      `${version} is listed as affected`,
    );
  }
  if (statement.ranges.length === 0) {
    if (statement.versions.length > 0)
      return plain('unaffected', `${version} is not among the versions listed as affected`);
    return settle(statement, 'affected', null, [], null, everyVersionText(statement));
  }
  return judgeRanges(statement, version, scheme);
}

function judgeRanges(statement: Statement, version: string, scheme: VersionScheme | null): Judgement {
  const made: Comparison[] = [];
  let doubt: string | null = null;
  for (const range of statement.ranges) {
    const comparisons = compareBounds(range, version, scheme);
    made.push(...comparisons);
    if (comparisons.every(({ holds }) => holds === true)) {
      const fix = range.fixed ?? listedFix(statement, version, scheme);
      const reason =
        comparisons.length > 0 ? `${version} lies in ${describe(range)}` : everyVersionText(statement);
      return settle(statement, 'affected', range, comparisons, fix, reason);
    }
    if (!comparisons.some(({ holds }) => holds === false)) {
      doubt = `${version} cannot be compared with ${describe(range)} by the rules of ${statement.scheme}`;
    }
  }
  if (doubt !== null) return { ...plain('undetermined', doubt), comparisons: made };
  const single = statement.ranges.length === 1 ? (statement.ranges[0] ?? null) : null;
  const outside = statement.ranges.length === 1 && single ? describe(single) : 'every affected range';
  return settle(statement, 'unaffected', single, made, null, `${version} lies outside ${outside}`);
}

// A negative statement with ranges is the same test with the answer turned round.
function settle(
  statement: Statement,
  result: 'affected' | 'unaffected',
  range: AffectedRange | null,
  comparisons: readonly Comparison[],
  fixedVersion: string | null,
  reason: string,
): Judgement {
  if (statement.status !== 'not-affected') return { result, range, comparisons, fixedVersion, reason };
  if (result === 'affected')
    return {
      result: 'unaffected',
      range,
      comparisons,
      fixedVersion: null,
      reason: `${reason.replace('affected', 'not affected')}`,
    };
  return { result: 'undetermined', range, comparisons, fixedVersion: null, reason };
}

function compareBounds(range: AffectedRange, version: string, scheme: VersionScheme | null): Comparison[] {
  const made: Comparison[] = [];
  if (range.introduced !== null) made.push(compare(version, '>=', range.introduced, scheme));
  if (range.fixed !== null) made.push(compare(version, '<', range.fixed, scheme));
  if (range.lastAffected !== null) made.push(compare(version, '<=', range.lastAffected, scheme));
  return made;
}

/** One comparison, made or found impossible. */
export function compare(
  left: string,
  op: Comparison['op'],
  right: string,
  scheme: VersionScheme | null,
): Comparison {
  const counted = scheme?.against?.(left, right) ?? left;
  const order = scheme ? scheme.compare(counted, right) : null;
  if (typeof order !== 'number') return { left, op, right, holds: null };
  const holds = op === '<' ? order < 0 : op === '<=' ? order <= 0 : op === '>=' ? order >= 0 : order === 0;
  return { left, op, right, holds };
}

/** Whether a version is below another by the order of a scheme; false where they cannot be compared. */
export function isBelow(left: string, right: string, schemeId: string): boolean {
  return compare(left, '<', right, versionScheme(schemeId)).holds === true;
}

// Lists are as the publisher wrote them: the same version may be written otherwise.
function listedComparison(
  listed: readonly string[],
  version: string,
  scheme: VersionScheme | null,
): Comparison | null {
  if (listed.length === 0) return null;
  if (listed.includes(version)) return { left: version, op: '=', right: version, holds: true };
  for (const right of listed) {
    const made = compare(version, '=', right, scheme);
    if (made.holds === true) return made;
  }
  return null;
}

// The smallest fix above the version, for records that list versions beside their ranges.
function listedFix(statement: Statement, version: string, scheme: VersionScheme | null): string | null {
  let best: string | null = null;
  for (const { fixed } of statement.ranges) {
    if (fixed === null || compare(version, '<', fixed, scheme).holds !== true) continue;
    if (best === null || compare(fixed, '<', best, scheme).holds === true) best = fixed;
  }
  return best;
}

function plain(result: VerdictResult, reason: string): Judgement {
  return { result, range: null, comparisons: [], fixedVersion: null, reason };
}

function everyVersionText(statement: Statement): string {
  return `every version is affected, no fix is known${noteOf(statement)}`;
}

function describe(range: AffectedRange): string {
  const from = range.introduced === null ? '' : `>= ${range.introduced}`;
  const to =
    range.fixed !== null ? `< ${range.fixed}` : range.lastAffected !== null ? `<= ${range.lastAffected}` : '';
  return [from, to].filter(Boolean).join(', ') || 'the range of every version';
}

function noteOf(statement: Statement): string {
  return statement.note ? ` (${statement.note})` : '';
}
