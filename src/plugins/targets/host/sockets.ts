/** A bound socket as the kernel lists it. */
export type KernelSocket = {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly inode: string;
};

const listening = '0A';
const unconnected = '07';
/** Clients get their UDP ports from here on, unasked. Source: ip_local_port_range of the Linux kernel */
const ephemeralFrom = 32_768;

/**
 * Sockets that wait for clients, from one of `/proc/net/{tcp,tcp6,udp,udp6}`. Lines that make no sense are left out.
 * Source: https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
 */
export function parseSockets(text: string, protocol: 'tcp' | 'udp'): KernelSocket[] {
  const sockets: KernelSocket[] = [];
  for (const line of text.split('\n').slice(1)) {
    const [, local = '', remote = '', state, , , , , , inode = ''] = line.trim().split(/ +/);
    const [hex = '', portHex = ''] = local.split(':');
    const address = addressOf(hex);
    const port = Number.parseInt(portHex, 16);
    if (address === null || !Number.isInteger(port) || !/^\d+$/.test(inode)) continue;
    if (protocol === 'tcp' && state !== listening) continue;
    if (protocol === 'udp' && (state !== unconnected || !/^0+:0+$/.test(remote) || port >= ephemeralFrom))
      continue;
    sockets.push({ protocol, address, port, inode });
  }
  return sockets;
}

// Words of four bytes, each in the byte order of the machine, which is little-endian wherever we run.
function addressOf(hex: string): string | null {
  if (!/^(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{32})$/.test(hex)) return null;
  const bytes: number[] = [];
  for (let word = 0; word < hex.length; word += 8)
    for (let at = 6; at >= 0; at -= 2) bytes.push(Number.parseInt(hex.slice(word + at, word + at + 2), 16));
  return bytes.length === 4 ? bytes.join('.') : textOfSix(bytes);
}

function textOfSix(bytes: readonly number[]): string {
  if (bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255)
    return `::ffff:${bytes.slice(12).join('.')}`;
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0)).toString(16),
  );
  // The longest run of zeros is left out. Source: RFC 5952, section 4.2
  let best = { from: -1, length: 1 };
  for (let from = 0; from < 8; from++) {
    let length = 0;
    while (groups[from + length] === '0') length++;
    if (length > best.length) best = { from, length };
  }
  if (best.from < 0) return groups.join(':');
  return `${groups.slice(0, best.from).join(':')}::${groups.slice(best.from + best.length).join(':')}`;
}
