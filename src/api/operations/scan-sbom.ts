import { createHash } from 'node:crypto';
import { judgeInventory } from '../../jobs/scan-once.ts';
import type { Resource } from '../../model/resource.ts';
import { sbomInventory } from '../../plugins/targets/sbom/index.ts';
import { readSbomBytes } from '../../plugins/targets/sbom/read-sbom.ts';
import type { SbomContent } from '../../plugins/targets/sbom/sbom-content.ts';
import type { ApiContext } from '../context.ts';
import { internal, validation } from '../wire/errors.ts';
import type { Handlers } from '../wire/handlers.ts';
import type { Json } from '../wire/json.ts';
import { scannedCycloneDx } from './scan-sbom-cyclonedx.ts';
import { scannedInspector } from './scan-sbom-inspector.ts';
import { matchesOf } from './scan-sbom-report.ts';

// The guide's bound; the model's text has a lower one.
// Source: https://docs.aws.amazon.com/inspector/latest/user/cicd-inspector-scan.html
const packagesMax = 5_000;

/** The one operation of the inspector-scan service: judges the packages of an SBOM and keeps nothing of it. */
export const scanSbomOperations = {
  async ScanSbom({ sbom, outputFormat = 'CYCLONE_DX_1_5' }, { service }) {
    if (outputFormat === 'INSPECTOR_ALT')
      throw validation('The format INSPECTOR_ALT is described nowhere and not available.', {
        fields: [{ name: 'outputFormat', message: 'is not available' }],
      });
    const bytes = Buffer.from(JSON.stringify(sbom));
    const content = contentOf(sbom, bytes);
    const intelligence = service.intelligence.current();
    if (!intelligence) throw internal('There is no intelligence yet: the first revision is being built.');
    const report = judgeInventory(resourceOf(bytes), sbomInventory(content), intelligence);
    const matches = matchesOf(report, (id) => intelligence.vulnerability(id));
    const now = new Date(service.now());
    const document =
      outputFormat === 'INSPECTOR'
        ? scannedInspector(report, matches)
        : scannedCycloneDx(report, matches, now, service.version);
    return { sbom: document as Json };
  },
} satisfies Handlers<ApiContext>;

function contentOf(sbom: Json, bytes: Buffer): SbomContent {
  const isCycloneDx =
    typeof sbom === 'object' && sbom !== null && 'bomFormat' in sbom && sbom.bomFormat === 'CycloneDX';
  if (!isCycloneDx)
    throw validation('The document is no CycloneDX SBOM.', { reason: 'UNSUPPORTED_SBOM_TYPE' });
  const content = readSbomBytes(bytes, 'sbom');
  if ('kind' in content) throw validation(`The ${content.where} ${content.why}.`, { reason: 'CANNOT_PARSE' });
  if (content.packages.length > packagesMax)
    throw validation(`The SBOM has ${content.packages.length} packages, and ${packagesMax} is the most.`);
  return content;
}

function resourceOf(bytes: Buffer): Resource {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  return {
    type: 'AWS_ECR_CONTAINER_IMAGE',
    id: `sbom/${digest}`,
    name: 'sbom',
    target: 'sbom',
    location: 'sbom',
    fingerprint: digest,
    tags: {},
    details: {},
  };
}
