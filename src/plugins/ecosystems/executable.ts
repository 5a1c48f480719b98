import { type ByteView, byteView } from './byte-view.ts';
import { readElf } from './executable-elf.ts';
import { readMachO } from './executable-macho.ts';
import { readPe } from './executable-pe.ts';

/** What we need of a program file: where its parts lie, and which bytes an address means. */
export type Executable = {
  readonly format: 'elf' | 'pe' | 'macho';
  readonly order: 'big' | 'little';
  /** Width of an address in bytes. */
  readonly width: 4 | 8;
  readonly sections: readonly Section[];
  /** Ranges of addresses that are filled from the file. */
  readonly segments: readonly Segment[];
};

export type Section = { readonly name: string; readonly offset: number; readonly size: number };
export type Segment = { readonly address: number; readonly offset: number; readonly size: number };

/** Numbers of sections and segments that are looked at; real programs have a few dozen. */
export const partsMax = 4096;

/** Reads the tables of an ELF, PE or Mach-O file, or gives null when it is none of them. */
export function readExecutable(bytes: Uint8Array): Executable | null {
  // Several readers look into the same program, one after the other.
  const known = tables.get(bytes);
  if (known !== undefined) return known;
  const executable = readTables(bytes);
  tables.set(bytes, executable);
  return executable;
}

const tables = new WeakMap<Uint8Array, Executable | null>();

function readTables(bytes: Uint8Array): Executable | null {
  const head = byteView(bytes, 'big').u32(0) ?? 0;
  if (head === 0x7f454c46) return readElf(bytes);
  if (head >>> 16 === 0x4d5a) return readPe(bytes);
  return readMachO(bytes);
}

/** The bytes of a section, or null when there is none of that name or it lies outside the file. */
export function sectionBytes(bytes: Uint8Array, executable: Executable, name: string): Uint8Array | null {
  const section = executable.sections.find((candidate) => candidate.name === name);
  if (section === undefined || section.offset + section.size > bytes.length) return null;
  return bytes.subarray(section.offset, section.offset + section.size);
}

/** The bytes at an address of the running program, or null when they are not in the file. */
export function bytesAt(
  bytes: Uint8Array,
  executable: Executable,
  address: number,
  length: number,
): Uint8Array | null {
  for (const segment of executable.segments) {
    const inside = address - segment.address;
    if (inside < 0 || inside + length > segment.size) continue;
    return byteView(bytes, executable.order).slice(segment.offset + inside, length);
  }
  return null;
}

/** An address or size of the program's width. */
export function wordAt(view: ByteView, at: number, width: 4 | 8): number | null {
  return width === 8 ? view.u64(at) : view.u32(at);
}

/** Text up to the first zero byte, at most `length` bytes. */
export function nameAt(view: ByteView, at: number, length: number): string {
  const field = view.slice(at, Math.min(length, Math.max(0, view.length - at)));
  if (field === null) return '';
  const end = field.indexOf(0);
  return new TextDecoder('latin1').decode(end < 0 ? field : field.subarray(0, end));
}

// Base names with an ending are data, scripts and libraries; programs have none, but for those of Windows.
const withoutPrograms = [
  'boot/',
  'dev/',
  'etc/',
  'proc/',
  'sys/',
  'usr/include/',
  'usr/share/',
  'usr/src/',
  'var/cache/',
  'var/lib/apt/',
  'var/lib/dpkg/',
  'var/log/',
];

// ELF, Windows, and the forms of Mach-O, alone and bundled, in both byte orders.
const programMagics = [0x7f454c46, 0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xcafebabe, 0xcafebabf];

/** Whether the first bytes are those of a program that `readExecutable` may know. */
export function isExecutable(head: Uint8Array): boolean {
  if (head.length < 4) return false;
  if (head[0] === 0x4d && head[1] === 0x5a) return true;
  const word = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0);
  return programMagics.includes(word);
}

/** Whether a path may be a program. Cheap, since it is asked of every file; what the file is its bytes tell. */
export function maybeProgram(path: string): boolean {
  // Several readers ask one after the other about the same path.
  if (path !== lastPath) {
    lastPath = path;
    isLastProgram = looksLikeProgram(path);
  }
  return isLastProgram;
}

let lastPath = '';
let isLastProgram = false;

function looksLikeProgram(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name === '') return false;
  const dot = name.lastIndexOf('.');
  const ending = dot <= 0 ? '' : name.slice(dot + 1);
  if (
    ending !== '' &&
    ending !== 'exe' &&
    ending !== 'bin' &&
    !/^\d/.test(ending) &&
    !/^so(?:\.|$)/.test(ending)
  )
    return false;
  return !withoutPrograms.some((folder) => path.startsWith(folder));
}
