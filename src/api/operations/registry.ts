import type { ApiContext } from '../context.ts';
import type { Handlers } from '../wire/handlers.ts';
import { accountOperations } from './account.ts';
import { aggregationOperations } from './aggregations.ts';
import { audited } from './audit.ts';
import { clusterOperations } from './clusters.ts';
import { codeSnippetOperations } from './code-snippets.ts';
import { configurationOperations } from './configuration.ts';
import { coverageOperations } from './coverage.ts';
import { deepInspectionOperations } from './deep-inspection.ts';
import { delegatedAdminOperations } from './delegated-admin.ts';
import { detailOperations } from './details.ts';
import { encryptionKeyOperations } from './encryption-key.ts';
import { filterOperations } from './filters.ts';
import { findingOperations } from './findings.ts';
import { memberOperations } from './members.ts';
import { organisationOperations } from './organisation.ts';
import { reportOperations } from './reports.ts';
import { tagOperations } from './tags.ts';
import { usageOperations } from './usage.ts';
import { vulnerabilityOperations } from './vulnerabilities.ts';

/** Every operation that is there, its changes noted. The others of the API answer that they are not available yet. */
export const operations: Handlers<ApiContext> = audited({
  ...accountOperations,
  ...aggregationOperations,
  ...clusterOperations,
  ...codeSnippetOperations,
  ...configurationOperations,
  ...coverageOperations,
  ...deepInspectionOperations,
  ...delegatedAdminOperations,
  ...detailOperations,
  ...encryptionKeyOperations,
  ...filterOperations,
  ...findingOperations,
  ...memberOperations,
  ...organisationOperations,
  ...reportOperations,
  ...tagOperations,
  ...usageOperations,
  ...vulnerabilityOperations,
});
