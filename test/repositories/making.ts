import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';

/** Whether a tool can be run here. */
export function hasTool(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).error === undefined;
}

export function write(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

export function changelog(source: string, entries: readonly (readonly [string, string])[]): string {
  return entries
    .map(
      ([version, text]) =>
        `${source} (${version}) bookworm-security; urgency=high\n\n  * ${text}\n\n -- A Maintainer <a@example.org>  Mon, 05 Feb 2024 10:00:00 +0000\n`,
    )
    .join('\n');
}

export type TestDeb = {
  readonly name: string;
  readonly version: string;
  readonly source?: string;
  readonly changelog: string;
  readonly compression?: 'xz' | 'gzip' | 'zstd' | 'none';
};

/** Builds packages with dpkg-deb into the pool of a repository. */
export function buildDebs(root: string, debs: readonly TestDeb[]): void {
  for (const deb of debs) {
    const tree = join(root, 'building');
    const source = deb.source ? `Source: ${deb.source}\n` : '';
    write(
      join(tree, 'DEBIAN/control'),
      `Package: ${deb.name}\n${source}Version: ${deb.version}\nArchitecture: amd64\nMaintainer: A <a@example.org>\nDescription: test\n`,
    );
    write(join(tree, `usr/share/doc/${deb.name}/changelog.Debian.gz`), gzipSync(deb.changelog));
    write(join(tree, `usr/bin/${deb.name}`), 'x'.repeat(100_000));
    const pool = join(root, 'pool/main', deb.name.slice(0, 1), deb.source ?? deb.name);
    mkdirSync(pool, { recursive: true });
    const plain = deb.version.replace(/^\d+:/, '');
    const file = join(pool, `${deb.name}_${plain}_amd64.deb`);
    execFileSync('dpkg-deb', [`-Z${deb.compression ?? 'gzip'}`, '--root-owner-group', '-b', tree, file], {
      stdio: 'ignore',
    });
    rmSync(tree, { recursive: true });
  }
}

/** Writes the indexes of a suite over what is in the pool, by dpkg-scanpackages. Gives its directory. */
export function writeSuite(root: string, fields: readonly string[] = []): string {
  const listed = execFileSync('dpkg-scanpackages', ['--multiversion', 'pool'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const suite = join(root, 'dists/bookworm');
  const path = 'main/binary-amd64/Packages.gz';
  const packed = gzipSync(listed);
  write(join(suite, path), packed);
  const hash = createHash('sha256').update(packed).digest('hex');
  const release = [
    'Origin: Test',
    'Codename: bookworm',
    ...fields,
    'SHA256:',
    ` ${hash} ${packed.length} ${path}`,
  ];
  write(join(suite, 'Release'), `${release.join('\n')}\n`);
  return suite;
}

/** Makes a key in a new keyring and signs a suite's Release into its InRelease. Gives the path of the public key. */
export function signSuite(suite: string, keysDirectory: string): string {
  mkdirSync(keysDirectory, { recursive: true, mode: 0o700 });
  const gpg = (...args: string[]) =>
    execFileSync(
      'gpg',
      ['--homedir', keysDirectory, '--batch', '--pinentry-mode', 'loopback', '--passphrase', '', ...args],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
  gpg('--quick-generate-key', 'Test <test@example.org>', 'ed25519', 'sign', 'never');
  rmSync(join(suite, 'InRelease'), { force: true });
  gpg('--clearsign', '--output', join(suite, 'InRelease'), join(suite, 'Release'));
  const key = join(keysDirectory, 'public.asc');
  writeFileSync(key, gpg('--armor', '--export'));
  spawnSync('gpgconf', ['--homedir', keysDirectory, '--kill', 'all'], { stdio: 'ignore' });
  return key;
}

type DnfForm = 'gz' | 'zst' | 'xz';

/** Writes a dnf repository that has nothing but errata. `hash`: what it lists them by, where that is not theirs. */
export function writeDnf(
  root: string,
  updateinfo: string,
  options: { readonly hash?: string; readonly form?: DnfForm } = {},
): void {
  const { form = 'gz' } = options;
  const packed = packedAs(form, updateinfo);
  const hash = options.hash ?? createHash('sha256').update(packed).digest('hex');
  write(join(root, `repodata/updateinfo.xml.${form}`), packed);
  write(
    join(root, 'repodata/repomd.xml'),
    `<?xml version="1.0"?><repomd xmlns="http://linux.duke.edu/metadata/repo"><data type="primary"><checksum type="sha256">00</checksum><location href="repodata/primary.xml.gz"/></data><data type="updateinfo"><checksum type="sha256">${hash}</checksum><location href="repodata/updateinfo.xml.${form}"/></data></repomd>`,
  );
}

function packedAs(form: DnfForm, text: string): Buffer {
  if (form === 'gz') return gzipSync(text);
  return form === 'zst' ? zstdCompressSync(text) : execFileSync('xz', ['--stdout'], { input: text });
}

export const glibcErratum = `<?xml version="1.0"?><updates><update type="security"><id>EXSA-2024:0101</id><title>Important: glibc</title><issued date="2024-05-23 14:02:11"/><severity>Important</severity><reboot_suggested>True</reboot_suggested><references><reference href="https://errata.example.org/EXSA-2024:0101" id="EXSA-2024:0101" type="self"/><reference href="https://cve.example.org/CVE-2024-2961" id="CVE-2024-2961" type="cve"/></references><pkglist><collection short="baseos"><package name="glibc" version="2.34" release="100.el9_4.2" epoch="0" arch="x86_64"/></collection></pkglist></update></updates>`;
