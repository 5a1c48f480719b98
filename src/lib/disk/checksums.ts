import { crc32 } from 'node:zlib';

const castagnoli = tableOf(0x82f63b78);

/**
 * CRC-32C without the final inversion, continued from `seed` (0xffffffff to begin), as ext4 and JBD2 store it.
 * Source: https://www.kernel.org/doc/html/latest/filesystems/ext4/overview.html#checksums
 */
export function crc32cRaw(seed: number, bytes: Uint8Array): number {
  let crc = seed;
  for (let at = 0; at < bytes.length; at++)
    crc = (castagnoli[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  return crc >>> 0;
}

/** CRC-32C with the final inversion, as XFS stores it. */
export function crc32c(bytes: Uint8Array): number {
  return ~crc32cRaw(0xffffffff, bytes) >>> 0;
}

/** The CRC-32 of zip and GPT, without either inversion and from another beginning: what LVM writes. */
export function crc32Lvm(bytes: Uint8Array): number {
  return ~crc32(bytes, ~0xf597a6cf >>> 0) >>> 0;
}

function tableOf(polynomial: number): Uint32Array {
  const table = new Uint32Array(256);
  for (let value = 0; value < 256; value++) {
    let crc = value;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    table[value] = crc;
  }
  return table;
}
