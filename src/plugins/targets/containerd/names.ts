import { type BoltBucket, readBoltFile, usualBoltBounds } from '../../../lib/bolt.ts';

/** An image's name in one of the namespaces, and the manifest or index that it stands for. */
export type NamedTarget = {
  readonly namespace: string;
  readonly name: string;
  readonly digest: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
};

export const namesMax = 20_000;
const textBytesMax = 4096;

/**
 * Every image name of a containerd metadata database, in the order of namespaces and names; with the number of those
 * that name no target. Rejects with a BoltError for a damaged file. Past `namesMax` the rest is not read.
 * Source: https://github.com/containerd/containerd/blob/main/core/metadata/buckets.go
 */
export async function readNames(databasePath: string): Promise<{
  readonly names: readonly NamedTarget[];
  readonly brokenCount: number;
  readonly isCut: boolean;
}> {
  return readBoltFile(databasePath, usualBoltBounds, async (root) => {
    const names: NamedTarget[] = [];
    let brokenCount = 0;
    const version = await root.bucket('v1');
    for await (const { key: namespace, bucket: space } of version?.entries() ?? []) {
      const images = await space?.bucket('images');
      for await (const { key, bucket: image } of images?.entries() ?? []) {
        if (names.length >= namesMax) return { names, brokenCount, isCut: true };
        const found = await targetOf(textOf(namespace), textOf(key), image);
        if (found) names.push(found);
        else brokenCount++;
      }
    }
    return { names, brokenCount, isCut: false };
  });
}

async function targetOf(
  namespace: string,
  name: string,
  image: BoltBucket | null,
): Promise<NamedTarget | null> {
  const target = await image?.bucket('target');
  const digest = await target?.value('digest');
  if (!target || !digest || name === '') return null;
  const mediaType = await target.value('mediatype');
  const size = await target.value('size');
  return {
    namespace,
    name,
    digest: textOf(digest),
    mediaType: mediaType ? textOf(mediaType) : '',
    sizeBytes: size ? readVarint(size) : 0,
  };
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, textBytesMax));
}

/** A signed number as Go's `binary.PutVarint` writes it; 0 where it is none or not a size. */
export function readVarint(bytes: Uint8Array): number {
  let value = 0n;
  for (let at = 0; at < Math.min(bytes.length, 10); at++) {
    const byte = bytes[at] ?? 0;
    value |= BigInt(byte & 0x7f) << BigInt(7 * at);
    if (byte >= 0x80) continue;
    // Zigzag: the lowest bit is the sign.
    const size = (value & 1n) === 1n ? -1n : value >> 1n;
    return size >= 0n && size <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(size) : 0;
  }
  return 0;
}
