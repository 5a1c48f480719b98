import type { ApiContext } from '../context.ts';
import type { Handlers } from '../wire/handlers.ts';
import { accountOperations } from './account.ts';
import { aggregationOperations } from './aggregations.ts';
import { audited } from './audit.ts';
import { cisConfigurationOperations } from './cis-configurations.ts';
import { cisReportOperations } from './cis-reports.ts';
import { cisScanOperations } from './cis-scans.ts';
import { cisSessionOperations } from './cis-sessions.ts';
import { clusterOperations } from './clusters.ts';
import { codeAssociationOperations } from './code-associations.ts';
import { codeConfigurationOperations } from './code-configurations.ts';
import { codeIntegrationOperations } from './code-integrations.ts';
import { codeScanOperations } from './code-scans.ts';
import { codeSnippetOperations } from './code-snippets.ts';
import { configurationOperations } from './configuration.ts';
import { connectorScanOperations } from './connector-scans.ts';
import { connectorOperations } from './connectors.ts';
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
import { sbomExportOperations } from './sbom-exports.ts';
import { scanSbomOperations } from './scan-sbom.ts';
import { tagOperations } from './tags.ts';
import { usageOperations } from './usage.ts';
import { vulnerabilityOperations } from './vulnerabilities.ts';

/** Every operation of the API, its changes noted. */
export const operations: Handlers<ApiContext> = audited({
  ...accountOperations,
  ...aggregationOperations,
  ...cisConfigurationOperations,
  ...cisReportOperations,
  ...cisScanOperations,
  ...cisSessionOperations,
  ...clusterOperations,
  ...codeAssociationOperations,
  ...codeConfigurationOperations,
  ...codeIntegrationOperations,
  ...codeScanOperations,
  ...codeSnippetOperations,
  ...configurationOperations,
  ...connectorOperations,
  ...connectorScanOperations,
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
  ...sbomExportOperations,
  ...scanSbomOperations,
  ...tagOperations,
  ...usageOperations,
  ...vulnerabilityOperations,
});
