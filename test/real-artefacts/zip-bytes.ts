import { crc32, deflateRawSync } from 'node:zlib';

/** A member of a zip; everything but name and content lets the archive lie. */
export type ZipMember = {
  readonly name: string;
  readonly content: Buffer;
  /** What the directory says it unpacks to; past 32 bits it goes into the field for large sizes. */
  readonly size?: number;
  /** The name of a member before it whose bytes it shares. */
  readonly sharedWith?: string;
  readonly isEncrypted?: boolean;
};

/**
 * The bytes of a zip with the members, true or not.
 * Source: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export function zipBytes(members: readonly ZipMember[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  const places = new Map<string, { offset: number; packedSize: number }>();
  let offset = 0;
  for (const member of members) {
    const shared = member.sharedWith === undefined ? undefined : places.get(member.sharedWith);
    if (shared === undefined) {
      const packed = deflateRawSync(member.content);
      const head = localHeader(member);
      places.set(member.name, { offset, packedSize: packed.length });
      locals.push(head, Buffer.from(member.name), packed);
      offset += head.length + Buffer.byteLength(member.name) + packed.length;
    } else places.set(member.name, shared);
    const at = places.get(member.name) ?? { offset: 0, packedSize: 0 };
    directory.push(directoryEntry(member, at.offset, at.packedSize));
  }
  const end = Buffer.alloc(22);
  const directoryBytes = Buffer.concat(directory);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(directoryBytes.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directoryBytes, end]);
}

function localHeader({ name, isEncrypted }: ZipMember): Buffer {
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(20, 4);
  head.writeUInt16LE(isEncrypted ? 1 : 0, 6);
  head.writeUInt16LE(8, 8);
  head.writeUInt16LE(Buffer.byteLength(name), 26);
  return head;
}

function directoryEntry(member: ZipMember, offset: number, packedSize: number): Buffer {
  const size = member.size ?? member.content.length;
  const isLarge = size > 0xffffffff;
  const extra = Buffer.alloc(isLarge ? 12 : 0);
  if (isLarge) {
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(8, 2);
    extra.writeBigUInt64LE(BigInt(size), 4);
  }
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(20, 6);
  entry.writeUInt16LE(member.isEncrypted ? 1 : 0, 8);
  entry.writeUInt16LE(8, 10);
  entry.writeUInt32LE(crc32(member.content), 16);
  entry.writeUInt32LE(packedSize, 20);
  entry.writeUInt32LE(isLarge ? 0xffffffff : size, 24);
  entry.writeUInt16LE(Buffer.byteLength(member.name), 28);
  entry.writeUInt16LE(extra.length, 30);
  entry.writeUInt32LE(offset, 42);
  return Buffer.concat([entry, Buffer.from(member.name), extra]);
}
