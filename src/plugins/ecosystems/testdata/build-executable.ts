import { deflateSync } from 'node:zlib';

// Makes small program files for tests: only the tables that the readers look at.

type Part = { readonly name: string; readonly content: Buffer };

const base = 0x400000;

/** An ELF file of 64 or 32 bits with the given sections, mapped from `0x400000` on. */
export function buildElf(parts: readonly Part[], width: 4 | 8 = 8, order: 'big' | 'little' = 'little'): Buffer {
  const wide = width === 8;
  const header = Buffer.alloc(wide ? 64 : 52);
  const program = Buffer.alloc(wide ? 56 : 32);
  const put = (buffer: Buffer, at: number, value: number, size: 2 | 4 | 8) => {
    if (size === 8) order === 'big' ? buffer.writeBigUInt64BE(BigInt(value), at) : buffer.writeBigUInt64LE(BigInt(value), at);
    else order === 'big' ? buffer.writeUIntBE(value, at, size) : buffer.writeUIntLE(value, at, size);
  };
  const names = Buffer.from(`\0${parts.map((part) => `${part.name}\0`).join('')}.shstrtab\0`);
  const all = [...parts, { name: '.shstrtab', content: names }];
  const bodies: Buffer[] = [];
  const tableEntry = wide ? 64 : 40;
  const sections = Buffer.alloc(tableEntry * (all.length + 1));
  let at = header.length + program.length;
  for (const [index, { name, content }] of all.entries()) {
    const padding = (16 - (at % 16)) % 16;
    bodies.push(Buffer.alloc(padding), content);
    at += padding;
    const entry = tableEntry * (index + 1);
    put(sections, entry, names.indexOf(`${name}\0`), 4);
    put(sections, entry + 4, 1, 4);
    put(sections, entry + (wide ? 24 : 16), at, width);
    put(sections, entry + (wide ? 32 : 20), content.length, width);
    at += content.length;
  }
  header.write('\x7fELF', 0, 'latin1');
  header[4] = wide ? 2 : 1;
  header[5] = order === 'little' ? 1 : 2;
  put(header, wide ? 32 : 28, header.length, width);
  put(header, wide ? 40 : 32, at, width);
  put(header, wide ? 54 : 42, program.length, 2);
  put(header, wide ? 56 : 44, 1, 2);
  put(header, wide ? 58 : 46, tableEntry, 2);
  put(header, wide ? 60 : 48, all.length + 1, 2);
  put(header, wide ? 62 : 50, all.length, 2);
  put(program, 0, 1, 4);
  put(program, wide ? 16 : 8, base, width);
  put(program, wide ? 32 : 16, at, width);
  return Buffer.concat([header, program, ...bodies, sections]);
}

/** A PE file (64 bits) with the given sections. */
export function buildPe(parts: readonly Part[]): Buffer {
  const optional = 112;
  const header = Buffer.alloc(0x40 + 24 + optional + parts.length * 40);
  header.write('MZ', 0);
  header.writeUInt32LE(0x40, 0x3c);
  header.write('PE\0\0', 0x40);
  header.writeUInt16LE(parts.length, 0x46);
  header.writeUInt16LE(optional, 0x54);
  header.writeUInt16LE(0x20b, 0x58);
  header.writeBigUInt64LE(BigInt(base), 0x70);
  const bodies: Buffer[] = [];
  let at = Math.ceil(header.length / 16) * 16;
  bodies.push(Buffer.alloc(at - header.length));
  for (const [index, { name, content }] of parts.entries()) {
    const entry = 0x40 + 24 + optional + index * 40;
    const padded = Buffer.alloc(Math.ceil(content.length / 16) * 16);
    content.copy(padded);
    header.write(name, entry);
    header.writeUInt32LE(content.length, entry + 8);
    header.writeUInt32LE(at, entry + 12);
    header.writeUInt32LE(content.length, entry + 16);
    header.writeUInt32LE(at, entry + 20);
    bodies.push(padded);
    at += padded.length;
  }
  return Buffer.concat([header, ...bodies]);
}

/** A Mach-O file (64 bits) with the given sections, alone or as the first of a file for several architectures. */
export function buildMachO(parts: readonly Part[], isFat = false): Buffer {
  const header = Buffer.alloc(32 + 72 + parts.length * 80);
  header.writeUInt32LE(0xfeedfacf, 0);
  header.writeUInt32LE(1, 16);
  header.writeUInt32LE(0x19, 32);
  header.writeUInt32LE(72 + parts.length * 80, 36);
  header.writeUInt32LE(parts.length, 32 + 64);
  header.writeBigUInt64LE(BigInt(base), 32 + 24);
  const bodies: Buffer[] = [];
  let at = Math.ceil(header.length / 16) * 16;
  bodies.push(Buffer.alloc(at - header.length));
  for (const [index, { name, content }] of parts.entries()) {
    const entry = 32 + 72 + index * 80;
    header.write(name, entry);
    header.writeBigUInt64LE(BigInt(content.length), entry + 40);
    header.writeUInt32LE(at, entry + 48);
    const padded = Buffer.alloc(Math.ceil(content.length / 16) * 16);
    content.copy(padded);
    bodies.push(padded);
    at += padded.length;
  }
  header.writeBigUInt64LE(BigInt(at), 32 + 48);
  const thin = Buffer.concat([header, ...bodies]);
  if (!isFat) return thin;
  const fat = Buffer.alloc(64);
  fat.writeUInt32BE(0xcafebabe, 0);
  fat.writeUInt32BE(1, 4);
  fat.writeUInt32BE(64, 16);
  return Buffer.concat([fat, thin]);
}

/** The section of Go since 1.18: both texts inline. */
export function buildGoInfo(release: string, modules: string): Buffer {
  const head = Buffer.alloc(32);
  head.write('\xff Go buildinf:', 0, 'latin1');
  head[14] = 8;
  head[15] = 2;
  const frame = Buffer.alloc(16, 0x30);
  const framed = Buffer.concat([frame, Buffer.from(modules), frame]);
  return Buffer.concat([head, varint(release.length), Buffer.from(release), varint(framed.length), framed]);
}

/** The section of Go before 1.18, which is placed first in the file: pointers to texts behind it. */
export function buildOldGoInfo(release: string, modules: string, sectionAt: number, width: 4 | 8, order: 'big' | 'little'): Buffer {
  const frame = Buffer.alloc(16, 0x30);
  const texts = [Buffer.from(release), Buffer.concat([frame, Buffer.from(modules), frame])];
  const section = Buffer.alloc(32 + 4 * width);
  section.write('\xff Go buildinf:', 0, 'latin1');
  section[14] = width;
  section[15] = order === 'big' ? 1 : 0;
  const put = (at: number, value: number) => {
    if (width === 8) order === 'big' ? section.writeBigUInt64BE(BigInt(value), at) : section.writeBigUInt64LE(BigInt(value), at);
    else order === 'big' ? section.writeUInt32BE(value, at) : section.writeUInt32LE(value, at);
  };
  let data = base + sectionAt + section.length;
  for (const [index, text] of texts.entries()) {
    const stringHeader = 32 + index * 2 * width;
    put(16 + index * width, base + sectionAt + stringHeader);
    put(stringHeader, data);
    put(stringHeader + width, text.length);
    data += text.length;
  }
  return Buffer.concat([section, ...texts]);
}

/** The section of cargo-auditable. */
export function buildAuditable(packages: readonly object[]): Buffer {
  return deflateSync(Buffer.from(JSON.stringify({ packages })));
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest >= 128 ? (rest % 128) | 0x80 : rest);
    if (rest < 128) return Buffer.from(bytes);
  }
}
