import { OutputFormat } from './inspector-scan.ts';
import {
  bytes,
  double,
  enumOf,
  integer,
  type Limit,
  list,
  long,
  map,
  oneOf,
  set,
  text,
  unbounded,
} from './limits.ts';
import { packagePath } from './patterns.ts';
import * as strings from './strings.ts';

// What the API asks of its input beyond types: the SDK's schemas do not carry it. Kept by hand, by structure and
// member as the API names them; enums come from the SDK. A member that is not here has a type and nothing more.
// Source: https://docs.aws.amazon.com/inspector/v2/APIReference/API_Operations.html

const accountId = strings.accountId;
// The one list of which the API says that no entry may come twice.
const accountIds = set(0, 100, accountId);

const page = (max: number): Limit => integer(1, max);
const { nextToken, connectorNextToken, filterName, filterText, objectName, authCode } = strings;
const sortOrder = enumOf('SortOrder');
const cisSort = enumOf('CisSortOrder');
const findingType = enumOf('AggregationFindingType');
const resourceType = enumOf('AggregationResourceType');
const encryptionScope = { scanType: enumOf('ScanType'), resourceType: enumOf('ResourceType') };

const tags = map(0, unbounded, strings.mapKey, strings.mapValue);
const packagePaths = list(0, 5, text(1, 512, packagePath));
const azureRegions = list(1, 100, strings.azureRegion);
const cisTargets = {
  accountIds: list(1, 10_000, strings.targetAccount),
  targetResourceTags: map(1, 5, strings.targetTagKey, list(1, 5, strings.targetTagValue)),
};
const checks = integer(0, 65_536);
const session = { scanJobId: strings.uuid, sessionToken: strings.uuid };

function sorted(by: Parameters<typeof enumOf>[0]): Readonly<Record<string, Limit>> {
  return { sortBy: enumOf(by), sortOrder };
}

function compared(
  comparison: Parameters<typeof enumOf>[0],
  rest: Readonly<Record<string, Limit>> = {},
): Readonly<Record<string, Limit>> {
  return { comparison: enumOf(comparison), ...rest };
}

/** Limits of members, by the structure that has them and the member's name. */
export const memberLimits: Readonly<Record<string, Readonly<Record<string, Limit>>>> = {
  // Filters
  StringFilter: compared('StringComparison', { value: text(1, 1_024) }),
  NumberFilter: { lowerInclusive: double(), upperInclusive: double() },
  MapFilter: compared('MapComparison', { key: strings.mapKey, value: strings.mapValue }),
  PortRangeFilter: { beginInclusive: integer(0, 65_535), endInclusive: integer(0, 65_535) },
  CoverageStringFilter: compared('CoverageStringComparison', { value: text(1, 1_024) }),
  CoverageMapFilter: compared('CoverageMapComparison', { key: strings.nonEmpty, value: strings.nonEmpty }),
  CoverageNumberFilter: { lowerInclusive: long(), upperInclusive: long() },
  ResourceStringFilter: compared('ResourceStringComparison', { value: text(1, 1_024) }),
  ResourceMapFilter: compared('ResourceMapComparison', { key: strings.nonEmpty, value: strings.nonEmpty }),
  TagFilter: compared('TagComparison', { key: strings.nonEmpty, value: strings.nonEmpty }),
  ConnectorArnFilter: compared('ConnectorArnComparison', { value: strings.connector }),
  AwsConfigConnectorArnFilter: compared('AwsConfigConnectorArnComparison', {
    value: strings.configConnectorArn,
  }),
  ConnectorTypeFilter: compared('ConnectorTypeComparison', { value: enumOf('ConnectorType') }),
  ProviderFilter: compared('ProviderComparison', { value: enumOf('ConnectorCloudProvider') }),
  CisStringFilter: compared('CisStringComparison'),
  CisNumberFilter: { lowerInclusive: integer(), upperInclusive: integer() },
  CisFindingStatusFilter: compared('CisFindingStatusComparison', { value: enumOf('CisFindingStatus') }),
  CisResultStatusFilter: compared('CisResultStatusComparison', { value: enumOf('CisResultStatus') }),
  CisScanStatusFilter: compared('CisScanStatusComparison', { value: enumOf('CisScanStatus') }),
  CisSecurityLevelFilter: compared('CisSecurityLevelComparison', { value: enumOf('CisSecurityLevel') }),
  CisTargetStatusFilter: compared('CisTargetStatusComparison', { value: enumOf('CisTargetStatus') }),
  CisTargetStatusReasonFilter: compared('CisTargetStatusComparison', {
    value: enumOf('CisTargetStatusReason'),
  }),
  ClusterForImageFilterCriteria: { resourceId: strings.imageOrRepositoryArn },
  SearchVulnerabilitiesFilterCriteria: {
    vulnerabilityIds: list(1, 1, strings.vulnerabilityId),
  },

  // Enablement and members
  AssociateMemberRequest: { accountId },
  DisassociateMemberRequest: { accountId },
  GetMemberRequest: { accountId },
  ListMembersRequest: { maxResults: page(50), nextToken },
  EnableRequest: {
    accountIds,
    resourceTypes: list(1, 5, enumOf('ResourceScanType')),
    clientToken: strings.clientToken,
  },
  DisableRequest: { accountIds, resourceTypes: list(0, 5, enumOf('ResourceScanType')) },
  BatchGetAccountStatusRequest: { accountIds },
  ListAccountPermissionsRequest: { service: enumOf('Service'), maxResults: page(1_024), nextToken },
  EnableDelegatedAdminAccountRequest: {
    delegatedAdminAccountId: accountId,
    clientToken: strings.clientToken,
  },
  DisableDelegatedAdminAccountRequest: { delegatedAdminAccountId: accountId },
  ListDelegatedAdminAccountsRequest: { maxResults: page(5), nextToken },
  ListUsageTotalsRequest: {
    maxResults: page(500),
    nextToken: strings.nonEmpty,
    accountIds: list(1, 7_000, strings.someAccountId),
  },
  BatchGetFreeTrialInfoRequest: { accountIds: list(1, 100, strings.someAccountId) },

  // Coverage and findings
  ListCoverageRequest: { maxResults: page(200), nextToken },
  ListCoverageStatisticsRequest: { groupBy: enumOf('GroupKey'), nextToken },
  ListFindingsRequest: { maxResults: page(100), nextToken },
  SortCriteria: { field: enumOf('SortField'), sortOrder },
  BatchGetFindingDetailsRequest: { findingArns: list(1, 10, strings.findingArn) },
  BatchGetCodeSnippetRequest: { findingArns: list(1, 10, strings.findingArn) },
  SearchVulnerabilitiesRequest: { nextToken },
  GetClustersForImageRequest: { maxResults: page(100), nextToken: text(1, 3_000) },
  CreateFilterRequest: {
    action: enumOf('FilterAction'),
    description: filterText,
    name: filterName,
    reason: filterText,
    tags,
  },
  UpdateFilterRequest: {
    filterArn: strings.filterArn,
    action: enumOf('FilterAction'),
    description: filterText,
    name: filterName,
    reason: filterText,
  },
  DeleteFilterRequest: { arn: strings.filterArn },
  ListFiltersRequest: {
    arns: list(0, unbounded, strings.filterArn),
    action: enumOf('FilterAction'),
    maxResults: page(100),
    nextToken,
  },

  // Aggregations
  ListFindingAggregationsRequest: {
    aggregationType: enumOf('AggregationType'),
    maxResults: page(100),
    nextToken,
  },
  AccountAggregation: { findingType, resourceType, ...sorted('AccountSortBy') },
  AmiAggregation: sorted('AmiSortBy'),
  AwsEcrContainerAggregation: sorted('AwsEcrContainerSortBy'),
  CodeRepositoryAggregation: sorted('CodeRepositorySortBy'),
  ContainerImageAggregation: sorted('ContainerImageSortBy'),
  Ec2InstanceAggregation: sorted('Ec2InstanceSortBy'),
  FindingTypeAggregation: { findingType, resourceType, ...sorted('FindingTypeSortBy') },
  ImageLayerAggregation: sorted('ImageLayerSortBy'),
  LambdaFunctionAggregation: sorted('LambdaFunctionSortBy'),
  LambdaLayerAggregation: sorted('LambdaLayerSortBy'),
  PackageAggregation: sorted('PackageSortBy'),
  RepositoryAggregation: sorted('RepositorySortBy'),
  ServerlessFunctionAggregation: sorted('ServerlessFunctionSortBy'),
  TitleAggregation: { findingType, resourceType, ...sorted('TitleSortBy') },
  VmInstanceAggregation: sorted('VmInstanceSortBy'),

  // Reports
  CreateFindingsReportRequest: { reportFormat: enumOf('ReportFormat') },
  GetFindingsReportStatusRequest: { reportId: strings.reportId },
  CancelFindingsReportRequest: { reportId: strings.reportId },
  CreateSbomExportRequest: { reportFormat: enumOf('SbomReportFormat') },
  GetSbomExportRequest: { reportId: strings.reportId },
  CancelSbomExportRequest: { reportId: strings.reportId },

  // Configuration
  GetConfigurationRequest: { accountId },
  UpdateConfigurationRequest: { accountId },
  UpdateConfigurationInheritance: {
    ec2Configuration: enumOf('InheritanceMode'),
    ecrConfiguration: enumOf('InheritanceMode'),
  },
  Ec2Configuration: { scanMode: enumOf('Ec2ScanMode') },
  EcrConfiguration: {
    rescanDuration: enumOf('EcrRescanDuration'),
    pullDateRescanDuration: enumOf('EcrPullDateRescanDuration'),
    pullDateRescanMode: enumOf('EcrPullDateRescanMode'),
  },
  UpdateEc2DeepInspectionConfigurationRequest: { packagePaths },
  UpdateOrgEc2DeepInspectionConfigurationRequest: { orgPackagePaths: packagePaths },
  BatchGetMemberEc2DeepInspectionStatusRequest: { accountIds },
  MemberAccountEc2DeepInspectionStatus: { accountId },
  GetEncryptionKeyRequest: encryptionScope,
  ResetEncryptionKeyRequest: encryptionScope,
  UpdateEncryptionKeyRequest: { ...encryptionScope, kmsKeyId: strings.kmsKeyArn },
  TagResourceRequest: { resourceArn: strings.resourceArn, tags },
  UntagResourceRequest: {
    resourceArn: strings.resourceArn,
    tagKeys: list(0, 50, strings.tagKey),
  },
  ListTagsForResourceRequest: { resourceArn: strings.resourceArn },

  // CIS
  CreateCisScanConfigurationRequest: {
    scanName: text(1, 128),
    securityLevel: enumOf('CisSecurityLevel'),
    tags,
  },
  UpdateCisScanConfigurationRequest: {
    scanConfigurationArn: strings.cisScanConfigurationArn,
    scanName: text(1, 128),
    securityLevel: enumOf('CisSecurityLevel'),
  },
  DeleteCisScanConfigurationRequest: { scanConfigurationArn: strings.cisScanConfigurationArn },
  CreateCisTargets: cisTargets,
  UpdateCisTargets: cisTargets,
  Time: { timeOfDay: strings.timeOfDay, timezone: text(1, 50) },
  WeeklySchedule: { days: list(1, 7, enumOf('Day')) },
  MonthlySchedule: { day: enumOf('Day') },
  ListCisScanConfigurationsRequest: {
    sortBy: enumOf('CisScanConfigurationsSortBy'),
    sortOrder: cisSort,
    maxResults: page(100),
    nextToken,
  },
  ListCisScansRequest: {
    detailLevel: enumOf('ListCisScansDetailLevel'),
    sortBy: enumOf('ListCisScansSortBy'),
    sortOrder: cisSort,
    maxResults: page(100),
    nextToken,
  },
  ListCisScanResultsAggregatedByChecksRequest: {
    scanArn: strings.cisScanArn,
    sortBy: enumOf('CisScanResultsAggregatedByChecksSortBy'),
    sortOrder: cisSort,
    maxResults: page(100),
    nextToken,
  },
  ListCisScanResultsAggregatedByTargetResourceRequest: {
    scanArn: strings.cisScanArn,
    sortBy: enumOf('CisScanResultsAggregatedByTargetResourceSortBy'),
    sortOrder: cisSort,
    maxResults: page(100),
    nextToken,
  },
  GetCisScanResultDetailsRequest: {
    scanArn: strings.cisScanArn,
    targetResourceId: strings.targetResourceId,
    accountId,
    sortBy: enumOf('CisScanResultDetailsSortBy'),
    sortOrder: cisSort,
    maxResults: page(1_000),
    nextToken,
  },
  GetCisScanReportRequest: {
    scanArn: strings.cisScanArn,
    targetAccounts: list(0, 1, accountId),
    reportFormat: enumOf('CisReportFormat'),
  },
  StartCisSessionRequest: { scanJobId: strings.uuid },
  StartCisSessionMessage: { sessionToken: strings.uuid },
  SendCisSessionHealthRequest: session,
  SendCisSessionTelemetryRequest: session,
  CisSessionMessage: {
    ruleId: text(1, 500),
    status: enumOf('CisRuleStatus'),
    cisRuleDetails: bytes(0, 1_000),
  },
  StopCisSessionRequest: session,
  StopCisSessionMessage: {
    status: enumOf('StopCisSessionStatus'),
    reason: text(0, 1_024),
    benchmarkVersion: text(0, 8),
    benchmarkProfile: text(0, 128),
  },
  StopCisMessageProgress: {
    totalChecks: checks,
    successfulChecks: checks,
    failedChecks: checks,
    notEvaluatedChecks: checks,
    unknownChecks: checks,
    notApplicableChecks: checks,
    informationalChecks: checks,
    errorChecks: checks,
  },
  ComputePlatform: { vendor: text(0, 16), product: text(0, 32), version: text(0, 8) },

  // Code security
  CodeSecurityResource: { projectId: strings.projectId },
  CreateCodeSecurityIntegrationRequest: { name: objectName, type: enumOf('IntegrationType'), tags },
  CreateGitLabSelfManagedIntegrationDetail: {
    instanceUrl: strings.instanceUrl,
  },
  UpdateCodeSecurityIntegrationRequest: { integrationArn: strings.integrationArn },
  UpdateGitHubIntegrationDetail: { code: authCode, installationId: authCode },
  UpdateGitLabSelfManagedIntegrationDetail: { authCode },
  GetCodeSecurityIntegrationRequest: { integrationArn: strings.integrationArn, tags },
  DeleteCodeSecurityIntegrationRequest: { integrationArn: strings.integrationArn },
  ListCodeSecurityIntegrationsRequest: { maxResults: page(100) },
  CreateCodeSecurityScanConfigurationRequest: {
    name: objectName,
    level: enumOf('ConfigurationLevel'),
    tags,
  },
  CodeSecurityScanConfiguration: { ruleSetCategories: list(1, 3, enumOf('RuleSetCategory')) },
  PeriodicScanConfiguration: {
    frequency: enumOf('PeriodicScanFrequency'),
    frequencyExpression: text(1, 256),
  },
  ContinuousIntegrationScanConfiguration: {
    supportedEvents: list(1, 2, enumOf('ContinuousIntegrationScanEvent')),
  },
  ScopeSettings: { projectSelectionScope: enumOf('ProjectSelectionScope') },
  UpdateCodeSecurityScanConfigurationRequest: { scanConfigurationArn: strings.codeScanConfigurationArn },
  GetCodeSecurityScanConfigurationRequest: { scanConfigurationArn: strings.codeScanConfigurationArn },
  DeleteCodeSecurityScanConfigurationRequest: { scanConfigurationArn: strings.codeScanConfigurationArn },
  ListCodeSecurityScanConfigurationsRequest: { maxResults: page(100), nextToken },
  ListCodeSecurityScanConfigurationAssociationsRequest: {
    scanConfigurationArn: strings.codeScanConfigurationArn,
    maxResults: page(100),
    nextToken,
  },
  AssociateConfigurationRequest: { scanConfigurationArn: strings.codeScanConfigurationArn },
  DisassociateConfigurationRequest: { scanConfigurationArn: strings.codeScanConfigurationArn },
  StartCodeSecurityScanRequest: { clientToken: strings.codeClientToken },
  GetCodeSecurityScanRequest: { scanId: strings.uuid },

  // Connectors
  CreateConnectorRequest: {
    name: strings.connectorName,
    provider: enumOf('ConnectorCloudProvider'),
    description: strings.connectorDescription,
    tags: map(0, 50, strings.connectorTagKey, strings.mapValue),
  },
  UpdateConnectorRequest: { connectorArn: strings.connector, description: strings.connectorDescription },
  DeleteConnectorRequest: { connectorArn: strings.connector },
  ListConnectorsRequest: { maxResults: integer(), nextToken: connectorNextToken },
  ListConnectorScanConfigurationsRequest: {
    awsConfigConnectorArns: list(1, 10, strings.configConnectorArn),
    maxResults: page(50),
    nextToken: connectorNextToken,
  },
  UpdateConnectorScanConfigurationRequest: { awsConfigConnectorArn: strings.configConnectorArn },
  ConnectorContainerImageScanConfiguration: {
    pushDuration: enumOf('ContainerImageRescanDuration'),
    pullDuration: enumOf('ContainerImagePullDateRescanDuration'),
  },
  AzureProviderDetailCreate: { awsConfigConnectorArn: strings.configConnectorArn, azureRegions },
  AzureProviderDetailUpdate: { azureRegions },
  ScopeConfigurationInput: {
    scopeType: enumOf('ScopeType'),
    scopeValues: list(0, 100, strings.azureUuid),
  },

  // inspector-scan
  ScanSbomRequest: { outputFormat: oneOf('OutputFormat', OutputFormat) },
};

/** Limits of lists of structures, by the list's own name. */
export const listLimits: Readonly<Record<string, Limit>> = {
  ...named(1, 10, 'StringFilterList DateFilterList NumberFilterList MapFilterList PortRangeFilterList'),
  ...named(1, 10, 'PackageFilterList CoverageStringFilterList CoverageMapFilterList CoverageDateFilterList'),
  ...named(1, 10, 'CoverageNumberFilterList ResourceStringFilterList ResourceMapFilterList'),
  ...named(1, 10, 'AccountIdFilterList CheckIdFilterList CisFindingArnFilterList CisFindingStatusFilterList'),
  ...named(1, 10, 'CisNumberFilterList CisResultStatusFilterList CisScanArnFilterList CisScanNameFilterList'),
  ...named(1, 10, 'CisScanConfigurationArnFilterList CisScanStatusFilterList CisScheduledByFilterList'),
  ...named(1, 10, 'CisSecurityLevelFilterList PlatformFilterList ResourceIdFilterList ResourceTagFilterList'),
  ...named(1, 10, 'TargetStatusFilterList TargetStatusReasonFilterList TitleFilterList'),
  ...named(1, 1, 'CisScanDateFilterList OneAccountIdFilterList'),
  ...named(0, 25, 'ConnectorArnFilterList'),
  ...named(0, 1, 'AwsConfigConnectorArnFilterList ConnectorTypeFilterList ProviderFilterList'),
  ...named(1, 150, 'CisSessionMessages'),
  ...named(1, 25, 'AssociateConfigurationRequestList DisassociateConfigurationRequestList'),
  ...named(0, 100, 'MemberAccountEc2DeepInspectionStatusList'),
};

function named(min: number, max: number, names: string): Record<string, Limit> {
  return Object.fromEntries(names.split(' ').map((name) => [name, list(min, max)]));
}
