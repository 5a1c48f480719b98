import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Fields, fields, textOf } from '../../../lib/fields.ts';
import type { OsRelease } from '../../../model/os-release.ts';
import type { Package } from '../../../model/package.ts';
import { type Problem, problem, reasonOf } from '../../../model/problem.ts';
import type { Content, Discovery, Target } from '../contract.ts';
import { readCycloneDx } from './cyclonedx.ts';
import type { SbomContent } from './sbom-content.ts';
import { readSpdx } from './spdx.ts';

const documentBytesMax = 256 * 2 ** 20;

/** A CycloneDX or SPDX document: an inventory that somebody else took. */
export const sbom = {
  id: 'sbom',
  title: 'SBOM file (CycloneDX or SPDX JSON)',
  sources: ['https://cyclonedx.org/docs/1.6/json/', 'https://spdx.github.io/spdx-spec/v2.3/'],
  async recognises(location) {
    if (!(await stat(location).catch(() => null))?.isFile()) return false;
    const file = await open(location, 'r');
    try {
      const head = Buffer.alloc(4096);
      const { bytesRead } = await file.read(head, 0, head.length, 0);
      const text = head.toString('utf8', 0, bytesRead);
      return text.trimStart().startsWith('{') && /"(bomFormat|spdxVersion|SPDXID)"/.test(text);
    } finally {
      await file.close();
    }
  },
  async discover(location): Promise<Discovery> {
    try {
      const { size } = await stat(location);
      if (size > documentBytesMax) {
        const why = `is ${size} bytes; SBOMs up to ${documentBytesMax} are read`;
        return { resources: [], problems: [problem('limit', location, why, 'documentBytesMax')] };
      }
      const bytes = await readFile(location);
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      const content = readSbom(bytes.toString('utf8'), basename(location));
      const name = content.name ?? basename(location);
      return {
        resources: [
          {
            type: 'AWS_ECR_CONTAINER_IMAGE',
            id: `sbom/${digest}`,
            name,
            target: 'sbom',
            location,
            fingerprint: digest,
            tags: {},
            details: { repositoryName: name, imageTags: [], imageHash: digest },
          },
        ],
        problems: [],
      };
    } catch (error) {
      // A place that is not there has no resources: what was in it is gone.
      if ((error as { code?: string }).code === 'ENOENT') return { resources: [], problems: [] };
      return { resources: [], problems: [problem('malformed', location, reasonOf(error))] };
    }
  },
  async open(resource): Promise<Content> {
    const content = readSbom(await readFile(resource.location, 'utf8'), basename(resource.location));
    return { kind: 'inventory', inventory: sbomInventory(content) };
  },
  watchPaths: (location) => [location],
} satisfies Target;

/** The content of an SBOM text. Throws with what is wrong when it is none that we know. */
export function readSbom(text: string, where: string): SbomContent {
  let document: Fields;
  try {
    document = fields(JSON.parse(text));
  } catch (error) {
    throw new Error(`is not JSON: ${reasonOf(error)}`);
  }
  if (document.bomFormat === 'CycloneDX') return readCycloneDx(document, where);
  if (textOf(document.spdxVersion)?.startsWith('SPDX-2')) return readSpdx(document, where);
  throw new Error('is neither CycloneDX (bomFormat) nor SPDX 2 (spdxVersion)');
}

/** An inventory from an SBOM; the operating system comes from its component, else from the purls' distro. */
export function sbomInventory(content: SbomContent): {
  readonly os: OsRelease | null;
  readonly packages: readonly Package[];
  readonly problems: readonly Problem[];
  readonly facts: {
    readonly isContainer: true;
    readonly runningKernel: null;
    readonly layers: readonly string[];
  };
} {
  const packages = [...content.packages].sort((a, b) => (a.purl < b.purl ? -1 : a.purl > b.purl ? 1 : 0));
  return {
    os: content.os ?? osOfPurls(packages),
    packages,
    problems: content.problems,
    facts: { isContainer: true, runningKernel: null, layers: [] },
  };
}

function osOfPurls(packages: readonly Package[]): OsRelease | null {
  for (const { attributes } of packages) {
    const distro = attributes.distro;
    if (!distro) continue;
    const dash = distro.indexOf('-');
    const id = dash < 0 ? distro : distro.slice(0, dash);
    return {
      id,
      idLike: [],
      versionId: dash < 0 ? null : distro.slice(dash + 1),
      codename: null,
      prettyName: null,
    };
  }
  return null;
}
