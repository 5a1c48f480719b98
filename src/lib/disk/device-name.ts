import type { Volume } from './volumes.ts';

/** A volume as fstab may name it; the label and UUID are those of the file system on it, where they are known. */
export type Named = { readonly volume: Volume; readonly uuid: string | null; readonly label: string | null };

const tags: Readonly<Record<string, 'uuid' | 'label' | 'partuuid' | 'partlabel'>> = {
  'UUID=': 'uuid',
  'LABEL=': 'label',
  'PARTUUID=': 'partuuid',
  'PARTLABEL=': 'partlabel',
  '/dev/disk/by-uuid/': 'uuid',
  '/dev/disk/by-label/': 'label',
  '/dev/disk/by-partuuid/': 'partuuid',
  '/dev/disk/by-partlabel/': 'partlabel',
};

/**
 * Whether a device of fstab is this volume. Names by number (`/dev/sda2`, `/dev/nvme0n1p2`) are taken to mean the
 * first disk, which the image is.
 * Source: https://man7.org/linux/man-pages/man8/mount.8.html ("Indicating the device and filesystem")
 */
export function isDevice(device: string, named: Named): boolean {
  const { volume } = named;
  for (const [prefix, tag] of Object.entries(tags)) {
    if (!device.toLowerCase().startsWith(prefix.toLowerCase())) continue;
    const value = unquote(device.slice(prefix.length));
    if (tag === 'uuid') return value.toLowerCase() === named.uuid;
    if (tag === 'label') return value === named.label;
    if (tag === 'partuuid') return value.toLowerCase() === volume.partitionUuid;
    return value === volume.partitionLabel;
  }
  if (!device.startsWith('/dev/')) return false;
  const name = device.slice('/dev/'.length);
  if (volume.devices.includes(name)) return true;
  const numbered = /^(?:(?:sd|hd|vd|xvd)a|(?:nvme0n1|mmcblk0)(?:p(?=\d))?)(\d{0,3})$/.exec(name);
  if (!numbered || volume.devices.length > 0) return false;
  return (numbered[1] === '' ? null : Number(numbered[1])) === volume.partition;
}

function unquote(value: string): string {
  const inner = /^"(.*)"$/.exec(value);
  return inner?.[1] ?? value;
}
