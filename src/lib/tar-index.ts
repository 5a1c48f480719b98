import { open } from 'node:fs/promises';
import { archivePath, resolveLink } from './archive-path.ts';
import type { ScanLimits } from './limits.ts';
import { createTarParser, TarError } from './tar.ts';

export type TarMember = {
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly linkTo: string | null;
};

const windowBytes = 64 * 1024;

/**
 * Where each member of an uncompressed tar file lies, by reading headers and seeking over contents. Names are made
 * safe; those that climb out are left out. The last member of a name counts.
 */
export async function indexTar(path: string, limits: ScanLimits): Promise<ReadonlyMap<string, TarMember>> {
  const members = new Map<string, TarMember>();
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    let position = 0;
    const parser = createTarParser(
      {
        entry(entry) {
          const name = archivePath(entry.path);
          if (name === null || entry.kind === 'directory') return false;
          const isLink = entry.kind === 'symlink' || entry.kind === 'hardlink';
          members.set(name, {
            offsetBytes: position,
            sizeBytes: isLink ? 0 : entry.sizeBytes,
            linkTo: isLink ? linkTarget(name, entry.kind, entry.linkTarget) : null,
          });
          return false;
        },
        content() {},
      },
      limits,
    );
    const window = Buffer.alloc(windowBytes);
    let from = 0;
    let filled = 0;
    while (position < size) {
      if (parser.skippable > 0) {
        const step = Math.min(parser.skippable, size - position);
        parser.skip(step);
        position += step;
        continue;
      }
      if (position < from || position + 512 > from + filled) {
        from = position;
        filled = (await file.read(window, 0, windowBytes, position)).bytesRead;
        if (filled < 512) break;
      }
      // One block at a time, so that `position` is where the content starts when an entry is told.
      const block = window.subarray(position - from, position - from + 512);
      position += 512;
      parser.push(block);
    }
    if (parser.skippable > 512) throw new TarError(`ends ${parser.skippable} bytes too early`, position);
    return members;
  } finally {
    await file.close();
  }
}

function linkTarget(name: string, kind: string, target: string): string | null {
  return kind === 'hardlink' ? archivePath(target) : resolveLink(name, target);
}
