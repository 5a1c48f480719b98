// Reading text out of bytes, as every extractor of a text format does.

const utf8 = new TextDecoder('utf-8');

/**
 * The text of a file: UTF-8, or UTF-16 where a byte order mark says so, as editors on Windows write it. Bytes that
 * are neither become replacement characters; the mark is dropped.
 */
export function textOf(bytes: Uint8Array): string {
  const mark = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  if (mark === 0xfffe) return new TextDecoder('utf-16le').decode(bytes);
  if (mark === 0xfeff) return new TextDecoder('utf-16be').decode(bytes);
  return utf8.decode(bytes);
}

/** Lines without their ends, whatever ends them; the number of a line is its index and one. */
export function linesOf(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r/);
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether the last part of a path is that name. Cheap, since it is asked of every file. */
export function hasName(path: string, name: string): boolean {
  if (!path.endsWith(name)) return false;
  return path.length === name.length || path.charCodeAt(path.length - name.length - 1) === slash;
}

/** Everything before the last part of a path; empty at the root. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

/** A path of a file beside another one. */
export function sibling(path: string, name: string): string {
  const folder = folderOf(path);
  return folder === '' ? name : `${folder}/${name}`;
}

const slash = 0x2f;
const shownLengthMax = 120;

/** Outside text as it may stand in a sentence: on one line, without control characters, and not endless. */
export function shown(text: string): string {
  const plain = text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').trim();
  return plain.length > shownLengthMax ? `${plain.slice(0, shownLengthMax)}…` : plain;
}
