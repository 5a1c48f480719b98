import type { Finding, VulnerablePackage } from '@aws-sdk/client-inspector2';
import { findingStatuses, findingTypes } from '../model/finding.ts';
import type { Package } from '../model/package.ts';
import { severities } from '../model/severity.ts';
import { stepOf, type Upgrade, upgradeFor } from '../pipeline/match/upgrade.ts';
import { distro } from '../plugins/distros/registry.ts';
import { ecosystem } from '../plugins/ecosystems/registry.ts';
import type { NetworkFindingDocument } from '../store/exposures.ts';
import {
  type FindingPackage,
  type FindingResource,
  type FindingRow,
  fixWords,
} from '../store/finding-list.ts';
import packageManagers from './package-managers.json' with { type: 'json' };
import type { Checked } from './wire/handlers.ts';

const textMax = 1024;
const nothing = 'NotAvailable';

/** A stored finding in the shape of the Inspector API. */
export function findingShape(row: FindingRow): Checked<Finding> {
  const rating =
    row.packages.find(({ rating: { cvss } }) => cvss !== null)?.rating ?? row.packages[0]?.rating ?? null;
  const score = row.score;
  const cvss = rating?.cvss ?? null;
  return {
    findingArn: row.arn,
    awsAccountId: row.accountId,
    type: findingTypes[row.type] ?? findingTypes[0],
    description: (
      row.network?.description ??
      row.vulnerability?.description ??
      row.vulnerability?.title ??
      row.title
    ).slice(0, textMax),
    title: row.title,
    remediation: { recommendation: { text: row.network?.remediation ?? 'None Provided' } },
    severity: severities[row.severity] ?? 'UNTRIAGED',
    status: findingStatuses[row.status] ?? 'ACTIVE',
    firstObservedAt: new Date(row.firstObservedAt),
    lastObservedAt: new Date(row.lastObservedAt),
    updatedAt: new Date(row.updatedAt),
    resources: [resourceShape(row.resource, row.accountId)],
    ...(score !== null && cvss
      ? {
          inspectorScore: score,
          inspectorScoreDetails: {
            adjustedCvss: {
              scoreSource: sourceWord(cvss.source),
              cvssSource: sourceWord(cvss.source),
              version: cvss.version,
              score,
              scoringVector: row.adjustment?.vector ?? cvss.vector,
              adjustments: [...(row.adjustment?.adjustments ?? [])],
            },
          },
        }
      : {}),
    ...(row.network ? { networkReachabilityDetails: networkDetails(row.network) } : packageFacts(row)),
  };
}

function packageFacts(row: FindingRow) {
  return {
    packageVulnerabilityDetails: vulnerabilityDetails(row),
    fixAvailable: fixWords[row.fixAvailable] ?? ('NO' as const),
    exploitAvailable: row.exploitAvailable ? ('YES' as const) : ('NO' as const),
    ...(row.epss === null ? {} : { epss: { score: row.epss } }),
  };
}

function networkDetails({
  begin,
  end,
  protocol,
  steps,
}: NetworkFindingDocument): Checked<NonNullable<Finding['networkReachabilityDetails']>> {
  return {
    openPortRange: { begin, end },
    protocol,
    networkPath: {
      steps: steps.map(({ componentId, componentType }) => ({ componentId, componentType })),
    },
  };
}

function vulnerabilityDetails(row: FindingRow): Checked<NonNullable<Finding['packageVulnerabilityDetails']>> {
  const { vulnerability, vulnerabilityId, packages } = row;
  const first = packages[0];
  const vendor = first?.distro ? (distro(first.distro)?.rating ?? null) : null;
  const source = vendor
    ? `${vendor.source.toUpperCase()}_CVE`
    : vulnerabilityId.startsWith('CVE-')
      ? 'NVD'
      : 'GITHUB';
  const advisories = new Set<string>(vulnerability?.aliases ?? []);
  for (const { verdict } of packages)
    if (verdict.advisory && verdict.advisory !== vulnerabilityId) advisories.add(verdict.advisory);
  return {
    vulnerabilityId,
    source,
    sourceUrl: vendor?.pageOf?.(vulnerabilityId) ?? publicPage(vulnerabilityId),
    vulnerablePackages: packages.map(packageShape),
    cvss: cvssShapes(row),
    relatedVulnerabilities: [...advisories].slice(0, 100),
    ...(first?.rating.vendorSeverity ? { vendorSeverity: first.rating.vendorSeverity } : {}),
    ...(vulnerability?.published ? { vendorCreatedAt: new Date(vulnerability.published) } : {}),
    ...(vulnerability?.modified ? { vendorUpdatedAt: new Date(vulnerability.modified) } : {}),
    referenceUrls: (vulnerability?.references ?? []).slice(0, 10),
  };
}

// The rating that decided comes first, as Inspector has it.
function cvssShapes(
  row: FindingRow,
): { baseScore: number; scoringVector: string; version: string; source: string }[] {
  const chosen = row.packages.find(({ rating }) => rating.cvss !== null)?.rating.cvss ?? null;
  const rest = (row.vulnerability?.cvss ?? []).filter(
    (item) => item.source !== chosen?.source || item.vector !== chosen.vector,
  );
  return [...(chosen ? [chosen] : []), ...rest].map(({ score, vector, version, source }) => ({
    baseScore: score,
    scoringVector: vector,
    version,
    source: sourceWord(source),
  }));
}

function packageShape({
  package: pkg,
  distro: distroId,
  fixedVersion,
  verdict,
}: FindingPackage): Checked<VulnerablePackage> {
  const { epoch, version, release } = splitVersion(pkg);
  const evidence = pkg.evidence[0];
  const upgrade = upgradeFor(pkg, distroId, stepOf({ ...verdict, fixedVersion }));
  const fix = upgrade === null ? null : remediation(pkg, upgrade);
  return {
    name: pkg.name.slice(0, textMax),
    version: version.slice(0, textMax),
    ...(epoch === null ? {} : { epoch }),
    ...(release ? { release: release.slice(0, textMax) } : {}),
    ...(pkg.arch ? { arch: pkg.arch.toUpperCase() } : {}),
    packageManager: packageManagerOf(pkg),
    ...(evidence ? { filePath: evidence.path.slice(0, textMax) } : {}),
    fixedInVersion: (upgrade?.version ?? nothing).slice(0, textMax),
    ...(fix ? { remediation: fix.slice(0, textMax) } : {}),
    ...(evidence?.layer?.startsWith('sha256:') ? { sourceLayerHash: evidence.layer } : {}),
  };
}

// A command that can be run as it stands; what to know besides is a comment behind it.
function remediation(pkg: Package, { version, command, notes }: Upgrade): string {
  const told = notes.join(' ');
  if (command === null) return told || `Upgrade ${pkg.name} to ${version} or later`;
  return told === '' ? command : `${command} # ${told}`;
}

/** Epoch, version and release apart, for ecosystems that write them in one text. */
function splitVersion(pkg: Package): { epoch: number | null; version: string; release: string | null } {
  if (!ecosystem(pkg.ecosystem)?.isSystem) return { epoch: null, version: pkg.version, release: null };
  const colon = pkg.version.indexOf(':');
  const epoch = colon > 0 ? Number(pkg.version.slice(0, colon)) : 0;
  const rest = colon > 0 ? pkg.version.slice(colon + 1) : pkg.version;
  const dash = rest.lastIndexOf('-');
  return {
    epoch: Number.isInteger(epoch) ? epoch : 0,
    version: dash > 0 ? rest.slice(0, dash) : rest,
    release: dash > 0 ? rest.slice(dash + 1) : null,
  };
}

type PackageManager = NonNullable<VulnerablePackage['packageManager']>;
const managers: Readonly<Record<string, Readonly<Record<string, string>>>> = packageManagers;

// By the file that it was read from; the field's vocabulary is the API's, and open in practice.
function packageManagerOf(pkg: Package): PackageManager {
  const path = pkg.evidence[0]?.path ?? '';
  const byFile = managers[pkg.ecosystem] ?? {};
  for (const [ending, word] of Object.entries(byFile))
    if (ending !== '*' && path.endsWith(ending)) return word as PackageManager;
  return (byFile['*'] ?? 'GENERIC') as PackageManager;
}

function resourceShape(resource: FindingResource, accountId: string): Checked<Finding>['resources'][number] {
  return {
    type: resource.type,
    id: resource.id,
    partition: 'aws',
    region: resource.region,
    tags: resource.tags,
    details: detailsShape(resource, accountId),
    provider: 'AWS',
    providerAccountId: accountId,
  };
}

type Details = NonNullable<Checked<Finding>['resources'][number]['details']>;

function detailsShape({ type, details, firstSeenAt }: FindingResource, accountId: string): Details {
  const text = (name: string) => (typeof details[name] === 'string' ? (details[name] as string) : undefined);
  const list = (name: string) => (Array.isArray(details[name]) ? (details[name] as string[]) : undefined);
  const present = <T extends object>(value: T) =>
    Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Partial<T>;
  if (type === 'AWS_EC2_INSTANCE') {
    return {
      awsEc2Instance: present({
        imageId: text('imageId'),
        platform: text('platform'),
        ipV4Addresses: list('ipV4Addresses'),
        ipV6Addresses: list('ipV6Addresses'),
        vpcId: text('vpcId'),
        subnetId: text('subnetId'),
        type: text('instanceType'),
      }),
    };
  }
  if (type === 'AWS_LAMBDA_FUNCTION') {
    return {
      awsLambdaFunction: {
        functionName: text('functionName') ?? nothing,
        runtime: (text('runtime') ?? 'UNSUPPORTED') as 'UNSUPPORTED',
        codeSha256: text('codeSha256') ?? nothing,
        version: text('version') ?? '$LATEST',
        executionRoleArn: text('executionRoleArn') ?? nothing,
        packageType: 'ZIP',
        ...(text('lastModifiedAt') ? { lastModifiedAt: new Date(text('lastModifiedAt') as string) } : {}),
      },
    };
  }
  if (type === 'CODE_REPOSITORY') return { codeRepository: present({ projectName: text('projectName') }) };
  return {
    awsEcrContainerImage: {
      repositoryName: text('repositoryName') ?? nothing,
      imageHash: text('imageHash') ?? nothing,
      registry: accountId,
      imageTags: list('imageTags') ?? [],
      pushedAt: new Date(firstSeenAt),
      ...present({ author: text('author'), architecture: text('architecture'), platform: text('platform') }),
    },
  };
}

function sourceWord(source: string): string {
  return source.toUpperCase().replace(/-/g, '_');
}

function publicPage(id: string): string {
  if (id.startsWith('CVE-')) return `https://nvd.nist.gov/vuln/detail/${id}`;
  return id.startsWith('GHSA-')
    ? `https://github.com/advisories/${id}`
    : `https://osv.dev/vulnerability/${id}`;
}
