import { open } from 'node:fs/promises';
import { openPromise } from 'yauzl';
import { type Problem, problem, reasonOf } from '../model/problem.ts';
import { openChunks, packingOfFile } from '../plugins/feeds/chunks.ts';
import type { FeedFile } from '../plugins/feeds/contract.ts';
import { jsonMembers } from '../plugins/feeds/json-stream.ts';

/**
 * Whether a fetched file is whole and of the kind that its name promises: packed files are unpacked to their end, a
 * zip's directory is read, JSON is walked, XML must begin and end as such. Null when nothing is wrong.
 */
export async function checkWhole(file: FeedFile, address: string): Promise<Problem | null> {
  const why = await faultOf(file);
  return why === null ? null : problem('malformed', address, why);
}

async function faultOf(file: FeedFile): Promise<string | null> {
  try {
    const packing = await packingOfFile(file.absolutePath);
    if (packing === 'zip') return await faultOfZip(file);
    if (/\.(gz|bz2|zst|zip|tgz)$/.test(file.path) && packing === 'none' && !isTextName(file.path)) {
      return 'file is not packed as its name says; perhaps a page with an error';
    }
    if (packing !== 'none') return await faultOfPacked(file);
    if (/\.json$/.test(file.path) && !file.path.endsWith('cves.json')) return await faultOfJson(file);
    return /\.xml$/.test(file.path) ? await faultOfXml(file) : null;
  } catch (error) {
    return `file cannot be read: ${reasonOf(error)}`;
  }
}

/** Some servers unpack on the way: text under a packed name is still whole. */
function isTextName(path: string): boolean {
  return /\.(json|xml|csv|jsonl)\.gz$/.test(path);
}

async function faultOfPacked(file: FeedFile): Promise<string | null> {
  const source = openChunks(file);
  for await (const _chunk of source.chunks);
  return source.problems[0]?.why ?? null;
}

async function faultOfZip(file: FeedFile): Promise<string | null> {
  const zip = await openPromise(file.absolutePath);
  let count = 0;
  for await (const _member of zip.eachEntry()) count += 1;
  return count === 0 ? 'zip is empty' : null;
}

async function faultOfJson(file: FeedFile): Promise<string | null> {
  for await (const member of jsonMembers(file, null)) if ('why' in member) return member.why;
  return null;
}

const edgeBytes = 512;

async function faultOfXml(file: FeedFile): Promise<string | null> {
  const handle = await open(file.absolutePath, 'r');
  try {
    const { size } = await handle.stat();
    const start = await handle.read(Buffer.alloc(edgeBytes), 0, edgeBytes, 0);
    const end = await handle.read(Buffer.alloc(edgeBytes), 0, edgeBytes, Math.max(size - edgeBytes, 0));
    const first = start.buffer
      .toString('utf8', 0, start.bytesRead)
      .replace(/^\ufeff/, '')
      .trimStart();
    if (!first.startsWith('<') || /^<(!doctype html|html)/i.test(first)) return 'file is not XML';
    return end.buffer.toString('utf8', 0, end.bytesRead).trimEnd().endsWith('>') ? null : 'XML ends early';
  } finally {
    await handle.close();
  }
}
