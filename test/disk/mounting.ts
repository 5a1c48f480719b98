import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why a test that needs these programs and loop mounts cannot run here; false where it can. */
export function mountReason(...programs: readonly string[]): string | false {
  const missing = missingReason(...programs);
  if (missing) return missing;
  if (process.getuid?.() !== 0) return 'mounting an image needs root';
  return canMount() ? false : 'this machine cannot mount a file as a disk';
}

/** Why a test that needs these programs cannot run here; false where it can. */
export function missingReason(...programs: readonly string[]): string | false {
  const missing = programs.filter((program) => spawnSync('which', [program]).status !== 0);
  return missing.length > 0 ? `${missing.join(', ')} not found` : false;
}

let mounts: boolean | null = null;

function canMount(): boolean {
  if (mounts !== null) return mounts;
  const folder = mkdtempSync(join(tmpdir(), 'can-mount-'));
  try {
    const image = emptyFile(join(folder, 'image'), 4 << 20);
    execFileSync('mkfs.ext2', ['-q', '-F', image]);
    withMount(image, () => {});
    mounts = true;
  } catch {
    mounts = false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return mounts;
}

/** A sparse file of a size. */
export function emptyFile(path: string, sizeBytes: number): string {
  writeFileSync(path, '');
  truncateSync(path, sizeBytes);
  return path;
}

/** Mounts the image, lets `use` work in it, and unmounts it. */
export function withMount<T>(image: string, use: (at: string) => T, options = 'loop'): T {
  const at = mkdtempSync(join(tmpdir(), 'mount-'));
  execFileSync('mount', ['-o', options, image, at], { stdio: 'pipe' });
  try {
    return use(at);
  } finally {
    execFileSync('umount', [at]);
    rmSync(at, { recursive: true, force: true });
  }
}
