import type { Criteria, Criterion } from './criteria.ts';

type Filter = Readonly<Record<string, unknown>>;

/**
 * Filter criteria of the API as the store's conditions. The shape of each filter tells its kind; the wire layer has
 * checked names and values. Times may be dates or ISO text.
 */
export function criteriaOf(filters: object | undefined): Criteria {
  const criteria: Record<string, Criterion[]> = {};
  for (const [name, list] of Object.entries(filters ?? {})) {
    if (!Array.isArray(list)) continue;
    criteria[name] = list.map((filter: Filter) => criterionOf(name, filter));
  }
  return criteria;
}

// Fields that the store looks up on related rows under the name `value`.
const related = new Set([
  'vulnerabilitySource',
  'vendorSeverity',
  'networkProtocol',
  'componentId',
  'componentType',
]);

function criterionOf(name: string, filter: Filter): Criterion {
  if (name === 'vulnerablePackages') return packageCriterion(filter);
  if (name === 'portRange') return portCriterion(filter);
  const item = simple(filter);
  return related.has(name) ? { kind: 'group', parts: { value: item } } : item;
}

// A range of open ports meets the asked one when it begins before that ends, and ends after that begins.
function portCriterion(filter: Filter): Criterion {
  const parts: Record<string, Criterion> = {};
  if (filter.beginInclusive !== undefined)
    parts.begin = { kind: 'range', lower: bound(filter.beginInclusive), upper: null };
  if (filter.endInclusive !== undefined)
    parts.end = { kind: 'range', lower: null, upper: bound(filter.endInclusive) };
  return { kind: 'group', parts };
}

function simple(filter: Filter): Criterion {
  if (typeof filter.key === 'string') {
    return { kind: 'tag', key: filter.key, value: typeof filter.value === 'string' ? filter.value : null };
  }
  if (typeof filter.comparison === 'string') {
    return {
      kind: 'text',
      comparison: filter.comparison as 'EQUALS' | 'PREFIX' | 'NOT_EQUALS',
      value: String(filter.value),
    };
  }
  const lower = filter.startInclusive ?? filter.lowerInclusive ?? filter.beginInclusive;
  const upper = filter.endInclusive ?? filter.upperInclusive;
  return { kind: 'range', lower: bound(lower), upper: bound(upper) };
}

function packageCriterion(filter: Filter): Criterion {
  const parts: Record<string, Criterion> = {};
  for (const [name, value] of Object.entries(filter)) {
    if (typeof value === 'object' && value !== null) parts[name] = simple(value as Filter);
  }
  return { kind: 'group', parts };
}

function bound(value: unknown): number | null {
  if (value instanceof Date) return value.getTime();
  // Stored filters have their times as ISO text.
  if (typeof value === 'string') return Date.parse(value);
  return typeof value === 'number' ? value : null;
}
