/** A single address: IPv4 as a number, IPv6 as a bigint. */
export type Address =
  | { readonly family: 4; readonly value: number }
  | { readonly family: 6; readonly value: bigint };

/** A block of addresses, both ends included. Host bits are already masked. */
export type Cidr =
  | { readonly family: 4; readonly first: number; readonly last: number; readonly prefix: number }
  | { readonly family: 6; readonly first: bigint; readonly last: bigint; readonly prefix: number };

export type Family = 4 | 6;

/** `10.0.0.1` or `2001:db8::1` to an address; null when the text is none. */
export function parseAddress(text: string): Address | null {
  if (text.length > 45) return null;
  if (!text.includes(':')) {
    const value = parse4(text);
    return value === null ? null : { family: 4, value };
  }
  const value = parse6(text);
  return value === null ? null : { family: 6, value };
}

/**
 * `10.0.0.0/8` or `2001:db8::/32` to a block. Host bits are masked away, as the vendor does (`2.2.2.2/28` is
 * `2.2.2.0/28`); a bare address is a block of one. Null when the text is neither.
 */
export function parseCidr(text: string): Cidr | null {
  const slash = text.indexOf('/');
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === null) return null;
  const bits = address.family === 4 ? 32 : 128;
  const length = slash < 0 ? String(bits) : text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(length) || Number(length) > bits) return null;
  return cidrOf(address, Number(length));
}

/** The block of that prefix length that holds an address. */
export function cidrOf(address: Address, prefix: number): Cidr {
  if (address.family === 4) {
    const size = 2 ** (32 - prefix);
    const first = Math.floor(address.value / size) * size;
    return { family: 4, first, last: first + size - 1, prefix };
  }
  const size = 1n << BigInt(128 - prefix);
  const first = (address.value / size) * size;
  return { family: 6, first, last: first + size - 1n, prefix };
}

/** An address as a block of one. */
export function single(address: Address): Cidr {
  return cidrOf(address, address.family === 4 ? 32 : 128);
}

/** Whether a block holds an address; never across families. */
export function holds(cidr: Cidr, address: Address): boolean {
  return cidr.family === address.family && address.value >= cidr.first && address.value <= cidr.last;
}

/** Whether two addresses are the same. */
export function sameAddress(one: Address, two: Address): boolean {
  return one.family === two.family && one.value === two.value;
}

export function formatAddress(address: Address): string {
  return address.family === 4 ? format4(address.value) : format6(address.value);
}

export function formatCidr(cidr: Cidr): string {
  const first =
    cidr.family === 4
      ? { family: cidr.family, value: cidr.first }
      : { family: cidr.family, value: cidr.first };
  return `${formatAddress(first as Address)}/${cidr.prefix}`;
}

function parse4(text: string): number | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let value = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return null;
    value = value * 256 + Number(part);
  }
  return value;
}

// Source: https://www.rfc-editor.org/rfc/rfc4291#section-2.2
function parse6(text: string): bigint | null {
  const dotted = text.lastIndexOf(':') + 1;
  let whole = text;
  if (text.includes('.')) {
    const low = parse4(text.slice(dotted));
    if (low === null) return null;
    whole = `${text.slice(0, dotted)}${Math.floor(low / 65536).toString(16)}:${(low % 65536).toString(16)}`;
  }
  const halves = whole.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const groups = head ?? [];
  const missing = 8 - groups.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const all = tail === undefined ? groups : [...groups, ...Array<string>(missing).fill('0'), ...tail];
  let value = 0n;
  for (const group of all) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null;
    value = (value << 16n) | BigInt(Number.parseInt(group, 16));
  }
  return value;
}

function format4(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

// Lower case, the longest run of zero groups shortened. Source: https://www.rfc-editor.org/rfc/rfc5952#section-4
function format6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    Number((value >> BigInt(112 - 16 * index)) & 0xffffn),
  );
  let start = 0;
  let length = 0;
  for (let from = 0; from < 8; from++) {
    let to = from;
    while (to < 8 && groups[to] === 0) to++;
    if (to - from > length) [start, length] = [from, to - from];
  }
  const text = (list: readonly number[]) => list.map((group) => group.toString(16)).join(':');
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}
