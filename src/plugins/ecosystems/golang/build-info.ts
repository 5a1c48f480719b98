import { byteView } from '../byte-view.ts';
import { bytesAt, type Executable, wordAt } from '../executable.ts';

/** What Go writes into a program: the release it was built with and its modules, a line each. */
export type BuildInfo = { readonly release: string; readonly modules: string };

const magic = Buffer.from('\xff Go buildinf:', 'latin1');
const alignment = 16;
const inlineFlag = 2;
const bigEndianFlag = 1;
const textMaxBytes = 16 * 1024 * 1024;
const candidatesMax = 64;

/**
 * Finds the build information. Its magic may stand in a program for other reasons too (programs that read such
 * files), so the first place that really reads as one is taken.
 * Source: https://cs.opensource.google/go/go/+/master:src/debug/buildinfo/buildinfo.go
 */
export function readBuildInfo(bytes: Uint8Array, executable: Executable): BuildInfo | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = buffer.indexOf(magic);
  for (let tried = 0; at >= 0 && tried < candidatesMax; tried++) {
    const info = at % alignment === 0 ? readAt(bytes, executable, at) : null;
    if (info !== null && /^(?:go1|devel)/.test(info.release)) return info;
    at = buffer.indexOf(magic, at + 1);
  }
  return null;
}

function readAt(bytes: Uint8Array, executable: Executable, at: number): BuildInfo | null {
  const flags = bytes[at + 15] ?? 0;
  if ((flags & inlineFlag) !== 0) return readInline(bytes, at + 32);
  const width = bytes[at + 14];
  if (width !== 4 && width !== 8) return null;
  const order = (flags & bigEndianFlag) !== 0 ? 'big' : 'little';
  const view = byteView(bytes, order);
  const release = readByPointer(bytes, { ...executable, order, width }, wordAt(view, at + 16, width));
  const modules = readByPointer(bytes, { ...executable, order, width }, wordAt(view, at + 16 + width, width));
  return release === null ? null : { release, modules: unframe(modules ?? '') };
}

// Since Go 1.18 both texts follow, each behind its length.
function readInline(bytes: Uint8Array, at: number): BuildInfo | null {
  const release = readCounted(bytes, at);
  const modules = release === null ? null : readCounted(bytes, release.end);
  return release === null ? null : { release: release.text, modules: unframe(modules?.text ?? '') };
}

// Before, there were pointers to texts, which are themselves a pointer and a length.
function readByPointer(bytes: Uint8Array, executable: Executable, address: number | null): string | null {
  if (address === null) return null;
  const { width, order } = executable;
  const header = bytesAt(bytes, executable, address, width * 2);
  if (header === null) return null;
  const view = byteView(header, order);
  const data = wordAt(view, 0, width);
  const length = wordAt(view, width, width);
  if (data === null || length === null || length > textMaxBytes) return null;
  const text = bytesAt(bytes, executable, data, length);
  return text === null ? null : new TextDecoder('utf-8').decode(text);
}

function readCounted(
  bytes: Uint8Array,
  from: number,
): { readonly text: string; readonly end: number } | null {
  let length = 0;
  let at = from;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined) return null;
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  if (length > textMaxBytes || at + length > bytes.length) return null;
  return { text: new TextDecoder('latin1').decode(bytes.subarray(at, at + length)), end: at + length };
}

// The list stands between two marks of 16 bytes, so that it can be told from other texts of the program.
function unframe(text: string): string {
  const isFramed = text.length >= 33 && text.charAt(text.length - 17) === '\n';
  return isFramed ? text.slice(16, -16) : text;
}
