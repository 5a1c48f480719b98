/** A socket that waits for clients, and the software behind it. */
export type ListeningSocket = {
  readonly protocol: 'tcp' | 'udp';
  /** Address that it is bound to; `0.0.0.0` and `::` are all of the machine. */
  readonly address: string;
  readonly port: number;
  /** Name of the process and its program; null where the process is not to be seen. */
  readonly process: string | null;
  readonly program: string | null;
  /** System packages that own the program and the libraries that it has loaded. */
  readonly packages: readonly string[];
};

/** Whether somebody at an address of the machine, other than itself, can talk to the socket. */
export function isOutward({ address }: ListeningSocket): boolean {
  return !address.startsWith('127.') && address !== '::1' && !address.startsWith('::ffff:127.');
}

/** Whether the socket takes clients of one address of the machine. `::` takes IPv4 clients too. */
export function listensOn(socket: ListeningSocket, address: string): boolean {
  if (socket.address === '::') return true;
  if (socket.address === '0.0.0.0') return !address.includes(':');
  return socket.address === address;
}
