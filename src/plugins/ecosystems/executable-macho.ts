import { type ByteView, byteView } from './byte-view.ts';
import { type Executable, nameAt, partsMax, type Section, type Segment, wordAt } from './executable.ts';

const fat = 0xcafebabe;
const architecturesMax = 16;
const segmentCommands: Readonly<Record<number, 4 | 8>> = { 1: 4, 25: 8 };
const layouts = {
  4: { header: 28, address: 24, offset: 32, size: 36, count: 48, sections: 56, section: 68 },
  8: { header: 32, address: 24, offset: 40, size: 48, count: 64, sections: 72, section: 80 },
} as const;

/** Source: https://github.com/apple-oss-distributions/xnu/blob/main/EXTERNAL_HEADERS/mach-o/loader.h */
export function readMachO(bytes: Uint8Array): Executable | null {
  const big = byteView(bytes, 'big');
  if (big.u32(0) !== fat) return readThin(bytes, 0);
  // Files for several architectures hold one program each; their dependencies are the same.
  const count = big.u32(4) ?? 0;
  return count > 0 && count <= architecturesMax ? readThin(bytes, big.u32(16) ?? bytes.length) : null;
}

function readThin(bytes: Uint8Array, start: number): Executable | null {
  const magic = byteView(bytes, 'little').u32(start);
  const width = magic === 0xfeedfacf ? 8 : magic === 0xfeedface ? 4 : null;
  if (width === null) return null;
  const view = byteView(bytes, 'little');
  const sections: Section[] = [];
  const segments: Segment[] = [];
  let at = start + layouts[width].header;
  const commands = Math.min(view.u32(start + 16) ?? 0, partsMax);
  for (let index = 0; index < commands; index++) {
    const size = view.u32(at + 4) ?? 0;
    if (segmentCommands[view.u32(at) ?? 0] === width) readSegment(view, start, at, width, sections, segments);
    if (size < 8) break;
    at += size;
  }
  return { format: 'macho', order: 'little', width, sections, segments };
}

function readSegment(
  view: ByteView,
  start: number,
  at: number,
  width: 4 | 8,
  sections: Section[],
  segments: Segment[],
): void {
  const layout = layouts[width];
  const address = wordAt(view, at + layout.address, width);
  const offset = wordAt(view, at + layout.offset, width);
  const size = wordAt(view, at + layout.size, width);
  if (address !== null && offset !== null && size !== null)
    segments.push({ address, offset: offset + start, size });
  const count = Math.min(view.u32(at + layout.count) ?? 0, partsMax);
  for (let index = 0; index < count && sections.length < partsMax; index++) {
    const from = at + layout.sections + index * layout.section;
    const length = wordAt(view, from + 32 + width, width);
    const begins = view.u32(from + 32 + width * 2);
    if (length === null || begins === null) break;
    sections.push({ name: nameAt(view, from, 16), offset: begins + start, size: length });
  }
}
