import { type Limit, type Pattern, text, unbounded } from './limits.ts';
import { connectorArn, ecrArn, resourceId, targetAccount as targetAccountPattern } from './patterns.ts';

// The strings that several operations take. Patterns are the API's own, anchored where the API anchors them.

const uuidPattern = '[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}';
const arn = 'arn:(aws[a-zA-Z-]*)?:inspector2:[a-z]{2}(-gov)?-[a-z]+-\\d{1}:\\d{12}';

export const accountId = text(12, 12, '^\\d{12}$');
/** Anything that holds an account id: the usage operations ask no more. */
export const someAccountId = matching('[0-9]{12}');
export const targetAccount = matching(targetAccountPattern);

export const uuid = matching(`^${uuidPattern}$`);
export const azureUuid = text(36, 36, '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$');
export const projectId = matching(`^project-${uuidPattern}$`);
export const reportId = matching('\\b[a-f0-9]{8}\\b-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-\\b[a-f0-9]{12}\\b');

export const filterArn = text(1, 128);
export const resourceArn = text(1, 1_011);
export const targetResourceId = text(10, 1_024, resourceId);
export const imageOrRepositoryArn = matching(ecrArn);
export const findingArn = text(1, 100, `^${arn}:finding/[a-f0-9]{32}$`);
export const integrationArn = matching(`^${arn}:codesecurity-integration/[a-f0-9-]{36}$`);
export const codeScanConfigurationArn = matching(
  `^${arn}:owner/(\\d{12}|o-[a-z0-9]{10,32})/codesecurity-configuration/[a-f0-9-]{36}$`,
);
export const cisScanConfigurationArn = matching(
  '^arn:aws(-us-gov|-cn)?:inspector2:[a-z]{2}(-gov)?-[a-z]+-[0-9]{1}:[0-9]{12}:owner/(o-[a-z0-9]+|[0-9]{12})/cis-configuration/[0-9a-fA-F-]+$',
);
export const cisScanArn = matching(
  '^arn:aws(-us-gov|-cn)?:inspector2:[-.a-z0-9]{0,20}:\\d{12}:owner/(\\d{12}|o-[a-z0-9]{10,32})/cis-scan/[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$',
);
export const kmsKeyArn = matching(
  '^arn:aws(-(us-gov|cn))?:kms:([a-z0-9][-.a-z0-9]{0,62})?:[0-9]{12}?:key/(([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})|(mrk-[0-9a-zA-Z]{32}))$',
);
export const configConnectorArn = text(
  1,
  512,
  '^arn:([^:]+):config:([^:]+):([^:]+):connector/([^/]+)/([^/]+)/([^/:\\s]+)$',
);
export const connector = text(1, 256, connectorArn);

export const nonEmpty = text(1, unbounded);
export const nextToken = text(0, 1_000_000);
export const connectorNextToken = text(1, 1_024);
export const clientToken = text(1, 64);
export const codeClientToken = text(1, 64, '^[\\S]+$');
export const filterName = text(1, 128);
/** The description of a filter, and the reason for it. */
export const filterText = text(1, 512);
export const objectName = text(1, 60, '^[a-zA-Z0-9-_$:.]*$');
export const authCode = text(1, 1_024);
export const instanceUrl = matching('^https://[-a-zA-Z0-9()@:%_+.~#?&//=]{1,1024}$');
export const vulnerabilityId = matching('^CVE-[12][0-9]{3}-[0-9]{1,10}$');
export const timeOfDay = matching('^([0-1]?[0-9]|2[0-3]):[0-5][0-9]$');
export const azureRegion = text(1, 64, '^[a-zA-Z0-9-]+$');

export const mapKey = text(1, 128);
export const mapValue = text(0, 256);
export const tagKey = text(1, 128, '^(?!aws:)[a-zA-Z+-=._:/]+$');
export const targetTagKey = text(1, 128, '^[\\p{L}\\p{Z}\\p{N}_.:/=\\-@]*$');
export const targetTagValue = text(1, 256);
export const connectorTagKey = text(1, 128, '^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*$');
export const connectorName = text(1, 50, '^[\\p{L}\\p{N}_-]+$');
export const connectorDescription = text(0, 200, '^[^\\p{C}]*$');

function matching(pattern: string | Pattern): Limit {
  return text(0, unbounded, pattern);
}
