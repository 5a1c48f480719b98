import type { StaticErrorSchema, StaticListSchema, StaticOperationSchema } from '@smithy/types';

// The inspector-scan service has no client package to take schemas from, so its one operation and its errors are
// written here in the SDK's tuple form (see `schema.ts`, which reads both alike).
// Source: https://docs.aws.amazon.com/inspector/v2/APIReference/API_scan_ScanSbom.html

const namespace = 'com.amazonaws.inspectorscan';
const client = 'client';
const server = 'server';

/** The report formats of ScanSbom. */
export const OutputFormat = ['CYCLONE_DX_1_5', 'INSPECTOR', 'INSPECTOR_ALT'] as const;
export type OutputFormat = (typeof OutputFormat)[number];

/** Why ScanSbom refuses a request. */
export const ScanValidationReason = [
  'UNKNOWN_OPERATION',
  'CANNOT_PARSE',
  'FIELD_VALIDATION_FAILED',
  'UNSUPPORTED_SBOM_TYPE',
  'OTHER',
] as const;

/** Why ScanSbom failed. */
export const ScanFailureReason = ['FAILED_TO_GENERATE_SBOM', 'OTHER'] as const;

export const ScanSbom: StaticOperationSchema = [
  9,
  namespace,
  'ScanSbom',
  { http: ['POST', '/scan/sbom', 200] },
  () => [3, namespace, 'ScanSbomRequest', 0, ['sbom', 'outputFormat'], [15, 0], 1],
  () => [3, namespace, 'ScanSbomResponse', 0, ['sbom'], [15]],
];

const fields: StaticListSchema = [
  1,
  namespace,
  'ValidationExceptionFields',
  0,
  () => [3, namespace, 'ValidationExceptionField', 0, ['name', 'message'], [0, 0], 2],
];

export const AccessDeniedException: StaticErrorSchema = [
  -3,
  namespace,
  'AccessDeniedException',
  { error: client, httpError: 403 },
  ['message'],
  [0],
  1,
];

export const InternalServerException: StaticErrorSchema = [
  -3,
  namespace,
  'InternalServerException',
  { error: server, httpError: 500 },
  ['message', 'reason', 'retryAfterSeconds'],
  [0, 0, [1, { httpHeader: 'Retry-After' }]],
  2,
];

export const ThrottlingException: StaticErrorSchema = [
  -3,
  namespace,
  'ThrottlingException',
  { error: client, httpError: 429 },
  ['message', 'retryAfterSeconds'],
  [0, [1, { httpHeader: 'Retry-After' }]],
  1,
];

export const ValidationException: StaticErrorSchema = [
  -3,
  namespace,
  'ValidationException',
  { error: client, httpError: 400 },
  ['message', 'reason', 'fields'],
  [0, 0, () => fields],
  2,
];
