import { byteView } from './byte-view.ts';
import { type Executable, nameAt, partsMax, type Section, type Segment, wordAt } from './executable.ts';

const loadable = 1;
const withoutBytes = 8;

/** Source: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html */
export function readElf(bytes: Uint8Array): Executable | null {
  const kind = bytes[4];
  const encoding = bytes[5];
  if ((kind !== 1 && kind !== 2) || (encoding !== 1 && encoding !== 2)) return null;
  const order = encoding === 1 ? 'little' : 'big';
  const width = kind === 1 ? 4 : 8;
  return {
    format: 'elf',
    order,
    width,
    sections: readSections(bytes, order, width),
    segments: readSegments(bytes, order, width),
  };
}

type Width = Executable['width'];

function readSections(bytes: Uint8Array, order: Executable['order'], width: Width): readonly Section[] {
  const view = byteView(bytes, order);
  const wide = width === 8;
  const table = wordAt(view, wide ? 40 : 32, width) ?? 0;
  const size = view.u16(wide ? 58 : 46) ?? 0;
  const count = Math.min(view.u16(wide ? 60 : 48) ?? 0, partsMax);
  const names = view.u16(wide ? 62 : 50) ?? 0;
  if (table === 0 || size < (wide ? 64 : 40)) return [];
  const offsetOf = (index: number) => wordAt(view, table + index * size + (wide ? 24 : 16), width);
  const namesAt = offsetOf(names) ?? view.length;
  const sections: Section[] = [];
  for (let index = 0; index < count; index++) {
    const at = table + index * size;
    const offset = offsetOf(index);
    const length = wordAt(view, at + (wide ? 32 : 20), width);
    if (offset === null || length === null || view.u32(at + 4) === withoutBytes) continue;
    sections.push({ name: nameAt(view, namesAt + (view.u32(at) ?? 0), 64), offset, size: length });
  }
  return sections;
}

function readSegments(bytes: Uint8Array, order: Executable['order'], width: Width): readonly Segment[] {
  const view = byteView(bytes, order);
  const wide = width === 8;
  const table = wordAt(view, wide ? 32 : 28, width) ?? 0;
  const size = view.u16(wide ? 54 : 42) ?? 0;
  const count = Math.min(view.u16(wide ? 56 : 44) ?? 0, partsMax);
  const segments: Segment[] = [];
  for (let index = 0; index < count; index++) {
    const at = table + index * size;
    if (view.u32(at) !== loadable) continue;
    const offset = wordAt(view, at + (wide ? 8 : 4), width);
    const address = wordAt(view, at + (wide ? 16 : 8), width);
    const length = wordAt(view, at + (wide ? 32 : 16), width);
    if (offset !== null && address !== null && length !== null)
      segments.push({ address, offset, size: length });
  }
  return segments;
}
