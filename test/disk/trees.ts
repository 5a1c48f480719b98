import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

export type TreeOptions = {
  /** Names in one directory. */
  readonly names: number;
  /** Of the largest file. */
  readonly fileBytes: number;
};

/** Bytes that repeat nowhere near and are the same in each run. */
export function patternBytes(length: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/**
 * Fills a directory with what trips readers of file systems: sizes around inline, block and extent bounds, sparse and
 * fragmented files, a directory with many names of which a third was removed, deep folders, short and long links.
 */
export function fillTree(root: string, { names, fileBytes }: TreeOptions): void {
  for (const size of [0, 1, 59, 60, 61, 100, 155, 160, 255, 511, 1023, 1024, 1025, 4095, 4096, 4097, 65537])
    writeFileSync(join(root, `size-${size}`), patternBytes(size, size));
  writeFileSync(join(root, 'large'), patternBytes(fileBytes, 7));
  writeFileSync(join(root, 'grüße-日本.txt'), 'not ASCII');
  writeFileSync(join(root, 'n'.repeat(255)), 'the longest name');
  linkSync(join(root, 'size-100'), join(root, 'hard'));
  for (const length of [1, 30, 59, 60, 61, 100, 155, 400, 1000, 1020])
    symlinkSync('x/'.repeat(length).slice(0, length), join(root, `link-${length}`));
  makeSparse(join(root, 'sparse'), fileBytes);
  makeFragmented(root, Math.floor(fileBytes / 8));
  makeFolders(root, names);
}

function makeSparse(path: string, fileBytes: number): void {
  const file = openSync(path, 'w');
  for (const at of [0, 70_000, fileBytes, 40 * fileBytes + 3])
    writeSync(file, patternBytes(5000, at), 0, 5000, at);
  closeSync(file);
  truncateSync(path, 41 * fileBytes);
  writeFileSync(`${path}-only`, '');
  truncateSync(`${path}-only`, 3_000_000);
}

// Two files that grow by turns, and a third in the room of one that was removed.
function makeFragmented(root: string, fileBytes: number): void {
  const step = 4096;
  const files = ['turn-a', 'turn-b'].map((name) => openSync(join(root, name), 'w'));
  for (let at = 0; at < fileBytes; at += step)
    for (const [index, file] of files.entries())
      writeSync(file, patternBytes(step, at + index), 0, step, at + (at % 3) * step);
  for (const file of files) closeSync(file);
  rmSync(join(root, 'turn-a'));
  writeFileSync(join(root, 'turn-c'), patternBytes(fileBytes, 99));
}

function makeFolders(root: string, names: number): void {
  const many = join(root, 'many');
  mkdirSync(many);
  for (let index = 0; index < names; index++)
    writeFileSync(
      join(many, `name-${index}-${'z'.repeat(index % 40)}`),
      index % 5 === 0 ? String(index) : '',
    );
  for (let index = 0; index < names; index += 3)
    rmSync(join(many, `name-${index}-${'z'.repeat(index % 40)}`));
  let deep = root;
  for (let level = 0; level < 30; level++) {
    deep = join(deep, `level-${level}`);
    mkdirSync(deep);
    writeFileSync(join(deep, 'file'), `at ${level}`);
  }
  for (const count of [1, 2, 5, 9, 20]) {
    mkdirSync(join(root, `few-${count}`));
    for (let index = 0; index < count; index++)
      writeFileSync(join(root, `few-${count}`, `f${index}`), `${index}`);
  }
}
