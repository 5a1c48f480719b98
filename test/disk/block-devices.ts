import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';

export type LoopOptions = {
  readonly offset?: number;
  readonly sizeBytes?: number;
  readonly sectorBytes?: number;
};

/** Lets `use` work on a file, or on a part of it, as a block device. */
export function withLoop<T>(file: string, options: LoopOptions, use: (device: string) => T): T {
  const { offset = 0, sizeBytes = 0, sectorBytes = 512 } = options;
  const numbers = ['--offset', offset, '--sizelimit', sizeBytes, '--sector-size', sectorBytes].map(String);
  const device = execFileSync('losetup', ['--find', '--show', ...numbers, file], { encoding: 'utf8' }).trim();
  try {
    return use(device);
  } finally {
    execFileSync('losetup', ['--detach', device]);
  }
}

/**
 * Runs a command of LVM. The kernel of a test machine may have no device mapper: nothing is activated, only written.
 */
export function lvm(command: string, ...rest: readonly string[]): string {
  const config = 'devices { use_devicesfile=0 hints="none" }';
  return execFileSync(command, ['--driverloaded', 'n', '--config', config, '-q', ...rest], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Makes a logical volume without activating it. */
export function makeVolume(group: string, name: string, ...options: readonly string[]): void {
  lvm('lvcreate', '-an', '-Zn', '-Wn', ...options, '-n', name, group);
}

/** A piece of a logical volume: its device, and where it lies there. */
export type Piece = {
  readonly name: string;
  readonly device: string;
  readonly offset: number;
  readonly sizeBytes: number;
};

/** The pieces of all volumes of a group, each in order, as LVM shows them. */
export function piecesOf(group: string): Piece[] {
  const columns = ['--noheadings', '--separator', '|', '--units', 'b', '--nosuffix', '-o'];
  const starts = new Map<string, number>();
  let extentBytes = 0;
  for (const line of rows(lvm('pvs', ...columns, 'pv_name,pe_start,vg_extent_size,vg_name'))) {
    if (line[3] !== group) continue;
    starts.set(line[0] ?? '', Number(line[1]));
    extentBytes = Number(line[2]);
  }
  return rows(lvm('lvs', ...columns, 'lv_name,seg_pe_ranges', group)).map(([name = '', range = '']) => {
    const [device = '', extents = ''] = range.split(':');
    const [first = 0, last = 0] = extents.split('-').map(Number);
    const offset = (starts.get(device) ?? 0) + first * extentBytes;
    return { name, device, offset, sizeBytes: (last - first + 1) * extentBytes };
  });
}

function rows(text: string): string[][] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.trim().split('|'));
}

/** Takes away what LVM remembers of devices that are gone. */
export function forgetDevices(): void {
  rmSync('/run/lvm/hints', { force: true });
}

/** Writes an image to the pieces of a volume, one after the other, on a physical volume that begins at `start`. */
export function copyInto(disk: string, start: number, image: string, pieces: readonly Piece[]): void {
  let done = 0;
  for (const { offset, sizeBytes } of pieces) {
    const range = [`skip=${done}`, `count=${sizeBytes}`, `seek=${start + offset}`];
    const flags = ['iflag=skip_bytes,count_bytes', 'oflag=seek_bytes', 'conv=notrunc,sparse', 'status=none'];
    execFileSync('dd', [`if=${image}`, `of=${disk}`, 'bs=1M', ...range, ...flags]);
    done += sizeBytes;
  }
}
