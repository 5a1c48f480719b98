import type { CvssScore, Finding, VulnerablePackage } from '@aws-sdk/client-inspector2';

type Column = readonly [name: string, cell: (finding: Finding, now: number) => unknown];

const day = 86_400_000;
const vulnerability = (finding: Finding) => finding.packageVulnerabilityDetails;
const resource = (finding: Finding) => finding.resources?.[0];
const machine = (finding: Finding) => resource(finding)?.details?.awsEc2Instance;
const image = (finding: Finding) => resource(finding)?.details?.awsEcrContainerImage;
const lambda = (finding: Finding) => resource(finding)?.details?.awsLambdaFunction;
const packages = (cell: (one: VulnerablePackage) => unknown) => (finding: Finding) =>
  (vulnerability(finding)?.vulnerablePackages ?? []).map((one) => text(cell(one))).join(', ');

/** The first rating of a CVSS major version; of NVD, or of anybody else. */
const rating =
  (isNvd: boolean, major: string, member: keyof CvssScore) =>
  (finding: Finding): unknown =>
    vulnerability(finding)?.cvss?.find(
      ({ source, version }) => (source === 'NVD') === isNvd && (version ?? '').startsWith(major),
    )?.[member];
const isPrivate = (address: string) => /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address);
const addresses = (keep: (address: string) => boolean) => (finding: Finding) =>
  machine(finding)?.ipV4Addresses?.filter(keep);

// Names and order as the service exports them.
// Source: https://docs.aws.amazon.com/inspector/latest/user/findings-managing-exporting-reports.html
const columns: readonly Column[] = [
  ['AWS Account Id', (finding) => finding.awsAccountId],
  ['Severity', (finding) => finding.severity],
  ['Fix Available', (finding) => finding.fixAvailable],
  ['Finding Type', (finding) => finding.type],
  ['Title', (finding) => finding.title],
  ['Description', (finding) => finding.description],
  ['Finding ARN', (finding) => finding.findingArn],
  ['First Seen', (finding) => finding.firstObservedAt],
  ['Last Seen', (finding) => finding.lastObservedAt],
  ['Last Updated', (finding) => finding.updatedAt],
  ['Resource ID', (finding) => resource(finding)?.id],
  ['Container Image Tags', (finding) => image(finding)?.imageTags],
  ['Region', (finding) => resource(finding)?.region],
  ['Platform', (finding) => machine(finding)?.platform ?? image(finding)?.platform],
  ['Resource Tags', (finding) => pairs(resource(finding)?.tags)],
  ['Affected Packages', packages(({ name }) => name)],
  ['Package Installed Version', packages(installed)],
  ['Fixed in Version', packages(({ fixedInVersion }) => fixedInVersion)],
  ['Package Remediation', packages(({ remediation }) => remediation)],
  ['File Path', packages(({ filePath }) => filePath)],
  [
    'Network Paths',
    (finding) =>
      finding.networkReachabilityDetails?.networkPath?.steps
        ?.map(({ componentId }) => componentId)
        .join(' > '),
  ],
  ['Age (Days)', (finding, now) => Math.floor((now - (finding.firstObservedAt?.getTime() ?? now)) / day)],
  ['Remediation', (finding) => finding.remediation?.recommendation?.text],
  ['Inspector Score', (finding) => finding.inspectorScore],
  ['Inspector Score Vector', (finding) => finding.inspectorScoreDetails?.adjustedCvss?.scoringVector],
  ['Status', (finding) => finding.status],
  ['Vulnerability Id', (finding) => vulnerability(finding)?.vulnerabilityId],
  ['Vendor', (finding) => vulnerability(finding)?.source],
  ['Vendor Severity', (finding) => vulnerability(finding)?.vendorSeverity],
  ['Vendor Advisory', (finding) => vulnerability(finding)?.sourceUrl],
  ['Vendor Advisory Published', (finding) => vulnerability(finding)?.vendorCreatedAt],
  ['NVD CVSS3 Score', rating(true, '3', 'baseScore')],
  ['NVD CVSS3 Vector', rating(true, '3', 'scoringVector')],
  ['NVD CVSS2 Score', rating(true, '2', 'baseScore')],
  ['NVD CVSS2 Vector', rating(true, '2', 'scoringVector')],
  ['Vendor CVSS3 Score', rating(false, '3', 'baseScore')],
  ['Vendor CVSS3 Vector', rating(false, '3', 'scoringVector')],
  ['Vendor CVSS2 Score', rating(false, '2', 'baseScore')],
  ['Vendor CVSS2 Vector', rating(false, '2', 'scoringVector')],
  ['Resource Type', (finding) => resource(finding)?.type],
  ['Ami', (finding) => machine(finding)?.imageId],
  ['Resource Public Ipv4', addresses((address) => !isPrivate(address))],
  ['Resource Private Ipv4', addresses(isPrivate)],
  ['Resource Ipv6', (finding) => machine(finding)?.ipV6Addresses],
  ['Resource Vpc', (finding) => machine(finding)?.vpcId],
  ['Port Range', portRange],
  ['Epss Score', (finding) => finding.epss?.score],
  ['Exploit Available', (finding) => finding.exploitAvailable],
  ['Last Exploited At', (finding) => finding.exploitabilityDetails?.lastKnownExploitAt],
  ['Lambda Layers', (finding) => lambda(finding)?.layers],
  ['Lambda Package Type', (finding) => lambda(finding)?.packageType],
  ['Lambda Last Updated At', (finding) => lambda(finding)?.lastModifiedAt],
  ['Reference Urls', (finding) => vulnerability(finding)?.referenceUrls],
  ['Detector Name', (finding) => finding.codeVulnerabilityDetails?.detectorName],
  ['Package Manager', packages(({ packageManager }) => packageManager)],
];

/** The first line of a report, with its line end. */
export const csvHeader = line(columns.map(([name]) => name));

/** A finding as one line, with its line end. `now` in milliseconds, for the age. */
export function csvLine(finding: Finding, now: number): string {
  return line(columns.map(([, cell]) => text(cell(finding, now))));
}

function installed({ epoch, version, release }: VulnerablePackage): string {
  if (epoch === undefined) return version ?? '';
  return `${epoch}:${version ?? ''}${release ? `-${release}` : ''}`;
}

function portRange({ networkReachabilityDetails }: Finding): string | undefined {
  const range = networkReachabilityDetails?.openPortRange;
  return range && `${range.begin}-${range.end}`;
}

function pairs(tags: Readonly<Record<string, string>> | undefined): readonly string[] {
  return Object.entries(tags ?? {}).map(([key, value]) => `${key}:${value}`);
}

function text(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (value instanceof Date) return value.toISOString();
  return Array.isArray(value) ? value.map(text).join(', ') : String(value);
}

// RFC 4180. Names of packages and tags come from outside: what a spreadsheet would take for a formula is made text.
function line(cells: readonly string[]): string {
  const safe = cells.map((cell) => (/^[=+@\t\r]|^-(?!\d)/.test(cell) ? `'${cell}` : cell));
  return `${safe.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\r\n`;
}
