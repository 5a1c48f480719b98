import { byteView } from './byte-view.ts';
import { type Executable, nameAt, partsMax, type Section, type Segment } from './executable.ts';

/** Source: https://learn.microsoft.com/en-us/windows/win32/debug/pe-format */
export function readPe(bytes: Uint8Array): Executable | null {
  const view = byteView(bytes, 'little');
  const start = view.u32(0x3c);
  if (start === null || view.u32(start) !== 0x00004550) return null;
  const magic = view.u16(start + 24);
  if (magic !== 0x10b && magic !== 0x20b) return null;
  const width = magic === 0x20b ? 8 : 4;
  const base = (width === 8 ? view.u64(start + 48) : view.u32(start + 52)) ?? 0;
  const table = start + 24 + (view.u16(start + 20) ?? 0);
  const count = Math.min(view.u16(start + 6) ?? 0, partsMax);
  const sections: Section[] = [];
  const segments: Segment[] = [];
  for (let index = 0; index < count; index++) {
    const at = table + index * 40;
    const size = view.u32(at + 16);
    const offset = view.u32(at + 20);
    const address = view.u32(at + 12);
    if (size === null || offset === null || address === null) break;
    sections.push({ name: nameAt(view, at, 8), offset, size });
    segments.push({ address: base + address, offset, size });
  }
  return { format: 'pe', order: 'little', width, sections, segments };
}
