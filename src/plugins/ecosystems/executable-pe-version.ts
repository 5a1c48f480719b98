import { byteView } from './byte-view.ts';
import { type Executable, sectionBytes } from './executable.ts';

const directoryOfClr = 14;
const valueLengthMax = 256;

/**
 * Whether a Windows program holds .NET code: whether it has a header of the common language runtime.
 * Source: https://learn.microsoft.com/en-us/windows/win32/debug/pe-format#optional-header-data-directories-image-only
 */
export function isManaged(bytes: Uint8Array): boolean {
  const view = byteView(bytes, 'little');
  const start = view.u32(0x3c);
  if (start === null || view.u32(start) !== 0x00004550) return false;
  const isWide = view.u16(start + 24) === 0x20b;
  const directories = start + 24 + (isWide ? 112 : 96);
  const count = view.u32(directories - 4) ?? 0;
  return count > directoryOfClr && (view.u32(directories + directoryOfClr * 8) ?? 0) !== 0;
}

/**
 * A text of the version resource by its key (`ProductVersion`), or null where the program has none. Keys and values
 * are UTF-16, each value on a boundary of four bytes behind its key.
 * Source: https://learn.microsoft.com/en-us/windows/win32/menurc/string-str
 */
export function versionText(bytes: Uint8Array, executable: Executable, key: string): string | null {
  const resources = sectionBytes(bytes, executable, '.rsrc');
  if (resources === null) return null;
  const text = Buffer.from(resources.buffer, resources.byteOffset, resources.length);
  const found = text.indexOf(`${key}\0`, 0, 'utf16le');
  if (found < 0) return null;
  let at = found + (key.length + 1) * 2;
  at += (4 - (at % 4)) % 4;
  let value = '';
  while (value.length < valueLengthMax && at + 2 <= text.length) {
    const unit = text.readUInt16LE(at);
    if (unit === 0) return value;
    value += String.fromCharCode(unit);
    at += 2;
  }
  return null;
}
