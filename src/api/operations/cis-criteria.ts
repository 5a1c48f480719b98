import { criteriaOf } from '../../store/api-criteria.ts';
import type { CisSearch, TagPair } from '../../store/cis-filters.ts';

type Filters = Readonly<Record<string, unknown>>;

/**
 * Filter criteria of a CIS list as the store searches: the API calls each member by its field with `Filters` at its
 * end, names the ends of a range of times in its own way, and has tags apart.
 */
export function cisSearch(filterCriteria: object | undefined): CisSearch {
  const criteria: Record<string, unknown> = {};
  let tags: readonly TagPair[] = [];
  for (const [name, list] of Object.entries((filterCriteria ?? {}) as Filters)) {
    if (!Array.isArray(list)) continue;
    const field = name.replace(/Filters$/, '');
    if (field === 'targetResourceTag') tags = list as readonly TagPair[];
    else criteria[field] = list.map(withBounds);
  }
  return { criteria: criteriaOf(criteria), tags };
}

function withBounds(filter: Filters): Filters {
  const { earliestScanStartTime: startInclusive, latestScanStartTime: endInclusive, ...rest } = filter;
  return { ...rest, startInclusive, endInclusive };
}
