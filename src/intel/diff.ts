import type { PackageKey } from '../model/advisory.ts';
import { unpackValue } from './codec.ts';
import type { Intelligence, RevisionDiff } from './contract.ts';
import { entriesOf, idOfPlace } from './epss-table.ts';
import { bucketCount, keyOfText } from './keys.ts';
import type { Tables } from './layout.ts';
import { tablesOf } from './open.ts';

/**
 * How far an EPSS score must move for its vulnerability to count as changed. Nearly every score moves a little every
 * day; only moves of this size change what one would do.
 */
export const epssStep = 0.1;

/**
 * What changed from one opened revision to another, by their stored hashes: equal buckets are passed over without
 * being read. A key has changed when any of its statements has, or shows under another id; a vulnerability when its
 * facts have, when it appeared or vanished, or when its EPSS score moved by `epssStep` or more.
 */
export function diffRevisions(from: Intelligence, to: Intelligence): RevisionDiff {
  const [before, after] = [tablesOf(from), tablesOf(to)];
  const keys: PackageKey[] = changedEntries(before, after, 'k').map(keyOfText);
  const vulnerabilities = new Set(changedEntries(before, after, 'v'));
  for (const id of movedScores(before, after)) vulnerabilities.add(id);
  return {
    from: from.meta.revision,
    to: to.meta.revision,
    keys,
    vulnerabilities: [...vulnerabilities].sort(),
    streams: changedStreams(before, after),
  };
}

function changedEntries(before: Tables, after: Tables, prefix: 'k' | 'v'): string[] {
  const changed: string[] = [];
  for (let bucket = 0; bucket < bucketCount; bucket += 1) {
    const old = before.hashes.getBinary(`${prefix}${bucket}`);
    const young = after.hashes.getBinary(`${prefix}${bucket}`);
    if (old !== undefined && young !== undefined && old.equals(young)) continue;
    changed.push(...changedInBucket(entriesOfBucket(old), entriesOfBucket(young)));
  }
  return changed.sort();
}

function entriesOfBucket(bytes: Buffer | undefined): ReadonlyMap<string, Buffer> {
  const flat = bytes === undefined ? [] : (unpackValue(bytes) as (string | Buffer)[]);
  const entries = new Map<string, Buffer>();
  for (let at = 0; at + 1 < flat.length; at += 2) entries.set(flat[at] as string, flat[at + 1] as Buffer);
  return entries;
}

function changedInBucket(old: ReadonlyMap<string, Buffer>, young: ReadonlyMap<string, Buffer>): string[] {
  const changed: string[] = [];
  for (const [key, hash] of young) if (!old.get(key)?.equals(hash)) changed.push(key);
  for (const key of old.keys()) if (!young.has(key)) changed.push(key);
  return changed;
}

function movedScores(before: Tables, after: Tables): readonly string[] {
  const moved: string[] = [];
  const blocks = new Set([...before.epss.getKeys({}), ...after.epss.getKeys({})]);
  for (const block of blocks) {
    const old = before.epss.getBinary(block) ?? Buffer.alloc(0);
    const young = after.epss.getBinary(block) ?? Buffer.alloc(0);
    if (!old.equals(young)) moved.push(...movedInBlock(block, old, young));
  }
  return moved;
}

function movedInBlock(block: string, old: Buffer, young: Buffer): readonly string[] {
  const scores = new Map<number, [number, number]>();
  for (const { offset, score } of entriesOf(old)) scores.set(offset, [score, 0]);
  for (const { offset, score } of entriesOf(young)) scores.set(offset, [scores.get(offset)?.[0] ?? 0, score]);
  // Scores have five decimals; the addend keeps a move of exactly one step on its own side.
  return [...scores.entries()]
    .filter(([, [left, right]]) => Math.abs(left - right) + 1e-9 >= epssStep)
    .map(([offset]) => idOfPlace(block, offset));
}

function changedStreams(before: Tables, after: Tables): readonly string[] {
  const old = new Set(before.streams.getKeys({}));
  const young = new Set(after.streams.getKeys({}));
  return [...new Set([...old, ...young])].filter((stream) => old.has(stream) !== young.has(stream)).sort();
}
