import { lstatSync, type Stats } from 'node:fs';
import { join } from 'node:path';

/**
 * What a reading of a tree rests on: every folder that was listed and every file that was opened, as they stood. While
 * all of them stand so, reading the tree again would say the same: a name cannot come, go or change without a trace in
 * its folder, and what is in other files was not looked at.
 */
export type TreeWitness = {
  readonly root: string;
  /** Root-relative; the root itself is ''. */
  readonly paths: readonly string[];
  /** For each path its size, times of change of content and of the entry (ms), and inode number. */
  readonly states: readonly number[];
};

/** Gathers a witness while a tree is read. */
export type WitnessNotes = {
  note(path: string, stats: Stats): void;
  /** Says that the reading rests on something that was not noted. */
  reject(): void;
  /** The witness, or null where it could not tell of a change. */
  finish(): TreeWitness | null;
};

const numbersEach = 4;
const pathsMax = 500_000;
// File systems tell times in steps of up to two seconds: what changed within the last one may change again unseen.
const stepMs = 2000;

/** Begins a witness of a tree whose reading starts at `startedAt` (ms since 1970). */
export function createWitness(root: string, startedAt: number): WitnessNotes {
  const paths: string[] = [];
  const states: number[] = [];
  let isGood = true;
  return {
    note(path, stats) {
      if (!isGood) return;
      if (paths.length >= pathsMax || Math.max(stats.mtimeMs, stats.ctimeMs) > startedAt - stepMs) {
        isGood = false;
        return;
      }
      paths.push(path);
      states.push(...stateOf(stats));
    },
    reject() {
      isGood = false;
    },
    finish: () => (isGood ? { root, paths, states } : null),
  };
}

/** Whether everything still is as the witness has it. Synchronous: some microseconds for each path. */
export function stillStands({ root, paths, states }: TreeWitness): boolean {
  return paths.every((path, at) => {
    const stats = lstatSync(path === '' ? root : join(root, path), { throwIfNoEntry: false });
    return stats !== undefined && stateOf(stats).every((value, n) => value === states[at * numbersEach + n]);
  });
}

function stateOf({ size, mtimeMs, ctimeMs, ino }: Stats): readonly number[] {
  return [size, mtimeMs, ctimeMs, ino];
}
