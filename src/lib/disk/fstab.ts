/** One line of fstab that puts a device somewhere. */
export type Mount = {
  /** `UUID=…`, `LABEL=…`, `/dev/mapper/vg-root`. */
  readonly device: string;
  /** Root-relative: `var/lib`; empty for the root. */
  readonly path: string;
  readonly type: string;
};

/**
 * What an fstab mounts from disks: swap, the network, memory and what is mounted elsewhere already are left out.
 * Source: https://man7.org/linux/man-pages/man5/fstab.5.html
 */
export function parseFstab(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split('\n')) {
    const [device, folder, type = 'auto', options = ''] = line.trim().split(/[ \t]+/, 4);
    if (!device || device.startsWith('#') || !folder?.startsWith('/')) continue;
    if (type === 'swap' || options.split(',').some((option) => option === 'bind' || option === 'rbind'))
      continue;
    if (!/^(?:\/dev\/|UUID=|LABEL=|PARTUUID=|PARTLABEL=)/i.test(device)) continue;
    const parts = plainText(folder)
      .split('/')
      .filter((part) => part !== '' && part !== '.');
    if (parts.includes('..')) continue;
    mounts.push({ device: plainText(device), path: parts.join('/'), type });
  }
  return mounts;
}

// A space in a name is written as its octal number.
function plainText(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
}
