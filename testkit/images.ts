import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';

/** A member of a test layer: file content, or a link, or a raw kind. */
export type Member =
  | string
  | Buffer
  | { readonly link: string }
  | { readonly hardLink: string }
  | { readonly folder: true }
  | { readonly device: true };

/** A plain ustar archive of the members, names as given (also unsafe ones). */
export function tarOf(members: Readonly<Record<string, Member>>): Buffer {
  const blocks: Buffer[] = [];
  for (const [name, member] of Object.entries(members)) {
    const content =
      typeof member === 'string' ? Buffer.from(member) : Buffer.isBuffer(member) ? member : Buffer.alloc(0);
    const { type, link } = kindOf(member);
    const header = Buffer.alloc(512);
    header.write(name.slice(0, 100), 0);
    header.write('0000644\0', 100);
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('00000000000\0', 136);
    header.write('        ', 148);
    header.write(type, 156);
    header.write(link, 157);
    header.write('ustar\u000000', 257);
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    );
    blocks.push(header, content, Buffer.alloc((512 - (content.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function kindOf(member: Member): { type: string; link: string } {
  if (typeof member === 'string' || Buffer.isBuffer(member)) return { type: '0', link: '' };
  if ('link' in member) return { type: '2', link: member.link };
  if ('hardLink' in member) return { type: '1', link: member.hardLink };
  return { type: 'folder' in member ? '5' : '3', link: '' };
}

export function sha256(bytes: Buffer | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export type TestImage = {
  readonly reference: string;
  readonly layers: readonly Buffer[];
  readonly compression?: 'gzip' | 'zstd' | 'none';
};

/** Writes an OCI image layout with the images; answers their manifest digests. Written again, it replaces the index. */
export function writeLayout(folder: string, images: readonly TestImage[]): string[] {
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  const blob = (bytes: Buffer | string): string => {
    const digest = sha256(bytes);
    writeFileSync(join(folder, 'blobs/sha256', digest.slice(7)), bytes);
    return digest;
  };
  const manifests = images.map(({ reference, layers, compression = 'gzip' }) => {
    const stored = layers.map((layer) =>
      compression === 'gzip' ? gzipSync(layer) : compression === 'zstd' ? zstdCompressSync(layer) : layer,
    );
    const config = JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: layers.map(sha256) },
    });
    const ending = compression === 'none' ? '' : `+${compression}`;
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: blob(config),
        size: config.length,
      },
      layers: stored.map((bytes) => ({
        mediaType: `application/vnd.oci.image.layer.v1.tar${ending}`,
        digest: blob(bytes),
        size: bytes.length,
      })),
    });
    return { digest: blob(manifest), size: manifest.length, reference };
  });
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const index = {
    schemaVersion: 2,
    manifests: manifests.map(({ digest, size, reference }) => ({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest,
      size,
      annotations: { 'org.opencontainers.image.ref.name': reference },
    })),
  };
  // The index last and whole, as tools write it: whoever watches sees finished images only.
  writeFileSync(join(folder, 'index.json'), JSON.stringify(index));
  return manifests.map(({ digest }) => digest);
}

/** Writes the members as files under a folder. */
export function writeTree(folder: string, members: Readonly<Record<string, string | Buffer>>): void {
  for (const [name, content] of Object.entries(members)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** One stanza of a dpkg status file. */
export function dpkgStanza(
  name: string,
  version: string,
  options: { readonly source?: string } = {},
): string {
  const source = options.source ? `Source: ${options.source}\n` : '';
  return `Package: ${name}\nStatus: install ok installed\n${source}Architecture: amd64\nVersion: ${version}\nDescription: test\n\n`;
}

export const debian12 =
  'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nID=debian\n';
