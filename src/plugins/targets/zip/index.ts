import { createHash } from 'node:crypto';
import { createReadStream, readdirSync } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Problem, problem, reasonOf } from '../../../model/problem.ts';
import type { Resource } from '../../../model/resource.ts';
import type { Target } from '../contract.ts';

/** A function's deployment package, or a directory of them. */
export const zip = {
  id: 'zip',
  title: 'function zip, or a directory of function zips',
  sources: ['https://docs.aws.amazon.com/lambda/latest/dg/configuration-function-zip.html'],
  async recognises(location) {
    const file = await stat(location).catch(() => null);
    return file?.isFile() === true && (await isZip(location));
  },
  async discover(location) {
    const resources: Resource[] = [];
    const problems: Problem[] = [];
    const place = await realpath(location).catch(() => null);
    // A place that is not there has no resources: what was in it is gone.
    if (!place) return { resources, problems };
    const isFolder = (await stat(place)).isDirectory();
    const names = isFolder ? (await readdir(place)).filter((name) => name.endsWith('.zip')).sort() : [''];
    for (const name of names) {
      const path = name ? join(place, name) : place;
      try {
        if (!(await isZip(path))) throw new Error('is not a zip, or is still being written');
        resources.push(await functionResource(path));
      } catch (error) {
        problems.push(problem('malformed', path, reasonOf(error)));
      }
    }
    return { resources, problems };
  },
  async open(resource) {
    return {
      kind: 'zip',
      path: resource.location,
      facts: { isContainer: true, runningKernel: null, layers: [] },
      problems: [],
    };
  },
  watchPaths: (location) => [location, ...zipsIn(location)],
} satisfies Target;

function zipsIn(location: string): string[] {
  try {
    return readdirSync(location)
      .filter((name) => name.endsWith('.zip'))
      .map((name) => join(location, name));
  } catch {
    // A single zip, or a folder that is not there yet.
    return [];
  }
}

async function functionResource(path: string): Promise<Resource> {
  const functionName =
    basename(path)
      .replace(/\.zip$/, '')
      .replace(/[^A-Za-z0-9-_]+/g, '-')
      .slice(0, 64) || 'function';
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }))
    digest.update(chunk as Buffer);
  const codeSha256 = digest.digest('base64');
  const { mtime } = await stat(path);
  return {
    type: 'AWS_LAMBDA_FUNCTION',
    id: `function:${functionName}:$LATEST`,
    name: functionName,
    target: 'zip',
    location: path,
    fingerprint: codeSha256,
    tags: {},
    details: {
      functionName,
      version: '$LATEST',
      codeSha256,
      packageType: 'ZIP',
      lastModifiedAt: mtime.toISOString(),
    },
  };
}

async function isZip(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(4);
    const { bytesRead } = await file.read(head, 0, 4, 0);
    // A zip without entries is only its end record.
    return bytesRead === 4 && head[0] === 0x50 && head[1] === 0x4b && (head[2] === 3 || head[2] === 5);
  } finally {
    await file.close();
  }
}
