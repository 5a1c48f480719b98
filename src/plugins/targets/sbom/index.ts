import { createHash } from 'node:crypto';
import { open, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Inventory } from '../../../model/inventory.ts';
import { type Problem, problem, reasonOf } from '../../../model/problem.ts';
import type { Resource } from '../../../model/resource.ts';
import type { Content, Discovery, Target } from '../contract.ts';
import { documentBytesMax, readSbomBytes } from './read-sbom.ts';
import type { SbomContent } from './sbom-content.ts';

const headBytes = 16 * 1024;
const tailBytes = 4 * 1024;

/** A CycloneDX or SPDX document: an inventory that somebody else took. */
export const sbom = {
  id: 'sbom',
  title: 'SBOM file (CycloneDX JSON or XML, SPDX JSON, tag-value or JSON-LD, plain or inside an attestation)',
  sources: [
    'https://cyclonedx.org/docs/1.7/json/',
    'https://cyclonedx.org/docs/1.7/xml/',
    'https://spdx.github.io/spdx-spec/v2.3/',
    'https://spdx.github.io/spdx-spec/v3.0.1/',
    'https://github.com/in-toto/attestation/blob/main/spec/README.md',
  ],
  async recognises(location) {
    if (!(await stat(location).catch(() => null))?.isFile()) return false;
    return looksLikeSbom(await readEnds(location));
  },
  async discover(location): Promise<Discovery> {
    try {
      const { size } = await stat(location);
      if (size > documentBytesMax) {
        const why = `is ${size} bytes; SBOMs up to ${documentBytesMax} are read`;
        return { resources: [], problems: [problem('limit', location, why, 'documentBytesMax')] };
      }
      const bytes = await readFile(location);
      const content = readSbomBytes(bytes, basename(location));
      if (isProblem(content)) {
        // It begins with the file's name, and may go on with a line or part.
        const where = join(dirname(location), content.where);
        return { resources: [], problems: [{ ...content, where }] };
      }
      const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
      return { resources: [resourceOf(location, content.name ?? basename(location), digest)], problems: [] };
    } catch (error) {
      // A place that is not there has no resources: what was in it is gone.
      if ((error as { code?: string }).code === 'ENOENT') return { resources: [], problems: [] };
      return { resources: [], problems: [problem('unreadable', location, reasonOf(error))] };
    }
  },
  async open(resource): Promise<Content> {
    const content = readSbom(await readFile(resource.location), basename(resource.location));
    return { kind: 'inventory', inventory: sbomInventory(content) };
  },
  watchPaths: (location) => [location],
} satisfies Target;

function resourceOf(location: string, name: string, digest: string): Resource {
  return {
    type: 'AWS_ECR_CONTAINER_IMAGE',
    id: `sbom/${digest}`,
    name,
    target: 'sbom',
    location,
    fingerprint: digest,
    tags: {},
    details: { repositoryName: name, imageTags: [], imageHash: digest },
  };
}

// Some tools write what tells the format behind everything else.
async function readEnds(location: string): Promise<string> {
  const file = await open(location, 'r');
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(Math.min(size, headBytes));
    const tail = Buffer.alloc(Math.min(Math.max(size - headBytes, 0), tailBytes));
    await file.read(head, 0, head.length, 0);
    await file.read(tail, 0, tail.length, size - tail.length);
    return `${textOfHead(head)}\n${tail.toString('utf8')}`;
  } finally {
    await file.close();
  }
}

// UTF-16 is refused later, by name; here it is only to be recognised.
function textOfHead(head: Buffer): string {
  const isUtf16 = head[0] === 0xff && head[1] === 0xfe;
  return new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8').decode(head);
}

function looksLikeSbom(text: string): boolean {
  const start = text.trimStart();
  if (/^[{[]/.test(start)) {
    return /"(?:bomFormat|spdxVersion|SPDXID|dsseEnvelope)"|"application\/vnd\.in-toto|in-toto\.io\/Statement|spdx\.org\/rdf\/3/.test(
      text,
    );
  }
  if (start.startsWith('<')) return /cyclonedx\.org\/schema\/bom|spdx\.org\/rdf\/terms/.test(text);
  return /^[ \t]*["']?(?:SPDXVersion:|spdxVersion["']?[ \t]*:|bomFormat["']?[ \t]*:[ \t]*["']?CycloneDX)/m.test(
    text,
  );
}

/** The content of an SBOM. Throws with what is wrong when it is none that can be read. */
export function readSbom(document: string | Uint8Array, where: string): SbomContent {
  const content = readSbomBytes(typeof document === 'string' ? Buffer.from(document) : document, where);
  if (isProblem(content)) throw new Error(`${content.where} ${content.why}`);
  return content;
}

function isProblem(value: SbomContent | Problem): value is Problem {
  return 'kind' in value;
}

/** The inventory that an SBOM stands for. */
export function sbomInventory({ os, packages, problems, facts }: SbomContent): Inventory {
  return { os, packages, problems, facts };
}
