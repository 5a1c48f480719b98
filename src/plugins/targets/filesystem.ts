import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type OsRelease, parseOsRelease } from '../../model/os-release.ts';

/** What the file-system targets have in common: which files tell that the installed packages changed. */

/** Package databases of dpkg, apk and rpm, the os-release, and who may log in; root-relative. */
export const packageDatabases: readonly string[] = [
  'var/lib/dpkg/status',
  'var/lib/dpkg/status.d',
  'lib/apk/db/installed',
  'usr/lib/apk/db/installed',
  'var/lib/rpm/rpmdb.sqlite',
  'var/lib/rpm/rpmdb.sqlite-wal',
  'var/lib/rpm/Packages',
  'var/lib/rpm/Packages.db',
  'usr/lib/sysimage/rpm/rpmdb.sqlite',
  'usr/lib/sysimage/rpm/rpmdb.sqlite-wal',
  'usr/lib/sysimage/rpm/Packages.db',
  'etc/os-release',
  // Who may log in is told with the packages.
  'etc/passwd',
  'etc/shadow',
  'etc/group',
];

/** Hash over size and change time of each of the files that exists; changes exactly when one of them was written. */
export async function fingerprintFiles(root: string, paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    const file = await stat(join(root, path), { bigint: true }).catch(() => null);
    if (file) hash.update(`${path}\0${file.size}\0${file.mtimeNs}\0${file.ino}\n`);
  }
  return `stat:${hash.digest('hex').slice(0, 32)}`;
}

/** The os-release of a root, or null where it has none. */
export async function readOsRelease(root: string): Promise<OsRelease | null> {
  for (const path of ['etc/os-release', 'usr/lib/os-release']) {
    const text = await textInside(root, path);
    if (text !== null) return parseOsRelease(text);
  }
  return null;
}

/**
 * The id that the cloud gave the machine whose root this is, as cloud-init noted it, or null: what its network and
 * its account know it by. Source: https://cloudinit.readthedocs.io/en/latest/explanation/instancedata.html
 */
export async function cloudInstanceId(root: string): Promise<string | null> {
  const text = await textInside(root, 'var/lib/cloud/data/instance-id');
  const id = text?.trim() ?? '';
  return /^i-[0-9a-f]{8}(?:[0-9a-f]{9})?$/.test(id) ? id : null;
}

// The first bytes of a file; a link is only taken when it stays inside the root. Null: absent or not readable.
async function textInside(root: string, path: string): Promise<string | null> {
  try {
    const real = await realpath(join(root, path));
    if (root !== '/' && !real.startsWith(`${await realpath(root)}/`)) return null;
    return (await readFile(real, 'utf8')).slice(0, 65_536);
  } catch {
    return null;
  }
}

/** Seventeen hex digits from any text: what stands behind `i-` in an instance id of ours. */
export function instanceIdOf(seed: string): string {
  return `i-${createHash('sha256').update(seed).digest('hex').slice(0, 17)}`;
}

/** `DEBIAN_12`, `UBUNTU_22_04`: the platform as findings name it. */
export function platformOf(os: OsRelease | null): string {
  if (!os) return 'UNKNOWN';
  return `${os.id}_${os.versionId ?? os.codename ?? ''}`
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .replace(/_+$/, '');
}
