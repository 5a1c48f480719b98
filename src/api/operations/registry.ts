import type { ApiContext } from '../context.ts';
import type { Handlers } from '../wire/handlers.ts';
import { accountOperations } from './account.ts';
import { aggregationOperations } from './aggregations.ts';
import { coverageOperations } from './coverage.ts';
import { detailOperations } from './details.ts';
import { filterOperations } from './filters.ts';
import { findingOperations } from './findings.ts';
import { tagOperations } from './tags.ts';
import { vulnerabilityOperations } from './vulnerabilities.ts';

/** Every operation that is there. The others of the API answer that they are not available yet. */
export const operations: Handlers<ApiContext> = {
  ...accountOperations,
  ...aggregationOperations,
  ...coverageOperations,
  ...detailOperations,
  ...filterOperations,
  ...findingOperations,
  ...tagOperations,
  ...vulnerabilityOperations,
};
