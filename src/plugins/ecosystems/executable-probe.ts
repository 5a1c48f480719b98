import type { ReadAt } from './contract.ts';
import { isExecutable } from './executable.ts';

const tableBytesMax = 1 << 20;

/**
 * Whether a program may carry one of the named ELF sections, by its first bytes and, where the file can be read at
 * will, by its section names: most programs need then not be read whole. Anything that cannot be told counts as yes.
 * Source: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.sheader.html
 */
export function mayHaveSection(head: Uint8Array, readAt: ReadAt | null, names: readonly string[]): boolean {
  if (!isExecutable(head)) return false;
  const isElf = head[0] === 0x7f;
  if (!isElf || readAt === null || head.length < 6) return true;
  const isWide = head[4] === 2;
  const isLittle = head[5] === 1;
  const header = readAt(0, 64);
  if (header.length < 64) return true;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const offset = isWide ? Number(view.getBigUint64(40, isLittle)) : view.getUint32(32, isLittle);
  const [size, count, namesAt] = (isWide ? [58, 60, 62] : [46, 48, 50]).map((at) =>
    view.getUint16(at, isLittle),
  );
  if (offset === 0 || !size || !count || namesAt === undefined || namesAt >= count) return true;
  const entry = readAt(offset + namesAt * size, size);
  if (entry.length < size || size < 40) return true;
  const entryView = new DataView(entry.buffer, entry.byteOffset, entry.byteLength);
  const textAt = isWide ? Number(entryView.getBigUint64(24, isLittle)) : entryView.getUint32(16, isLittle);
  const textSize = isWide ? Number(entryView.getBigUint64(32, isLittle)) : entryView.getUint32(20, isLittle);
  if (textSize > tableBytesMax) return true;
  const text = Buffer.from(readAt(textAt, textSize)).toString('latin1');
  return text.length < textSize || names.some((name) => text.includes(name));
}
