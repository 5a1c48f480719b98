import { type Fields, fields, list, numberOf, textOf } from '../../../lib/fields.ts';
import { type Address, type Cidr, parseAddress, parseCidr } from '../../../model/address.ts';
import type { ComponentState, PortRange } from '../../../model/network.ts';
import { type Collection, type Item, report } from './collection.ts';

/** The id of an item under a key; null, with a problem, where it has none. */
export function idOf(collection: Collection, item: Item, key: string): string | null {
  const id = textOf(item.fields[key]);
  if (id === null) report(collection, 'malformed', item.file, `an object has no ${key}`);
  return id;
}

/** A state by the words that mean up; any other word is down, none is unknown. */
export function stateOf(word: unknown, ...up: readonly string[]): ComponentState {
  const text = textOf(word)?.toLowerCase() ?? null;
  if (text === null) return 'unknown';
  return up.includes(text) ? 'up' : 'down';
}

/** A block of addresses; null, with a problem, where the text is none. */
export function cidrAt(collection: Collection, where: string, value: unknown): Cidr | null {
  const text = textOf(value);
  const cidr = text === null ? null : parseCidr(text);
  if (cidr === null)
    report(
      collection,
      'malformed',
      where,
      `${JSON.stringify(value ?? null).slice(0, 60)} is no block of addresses`,
    );
  return cidr;
}

/** An address; null, with a problem, where the text is none. */
export function addressAt(collection: Collection, where: string, value: unknown): Address | null {
  const text = textOf(value);
  const address = text === null ? null : parseAddress(text);
  if (address === null)
    report(collection, 'malformed', where, `${JSON.stringify(value ?? null).slice(0, 60)} is no address`);
  return address;
}

const protocolNumbers: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 };

/** A protocol by name or number: null for all, undefined where it is none. */
export function protocolOf(value: unknown): number | null | undefined {
  const text = typeof value === 'number' ? String(value) : textOf(value);
  if (text === null) return undefined;
  if (text === '-1' || text === 'all') return null;
  const known = protocolNumbers[text.toLowerCase()];
  if (known !== undefined) return known;
  return /^\d{1,3}$/.test(text) && Number(text) <= 255 ? Number(text) : undefined;
}

/** Ports from both ends; null for all. */
export function portsOf(from: unknown, to: unknown): PortRange | null {
  const first = numberOf(from);
  const last = numberOf(to);
  if (first === null || last === null || first < 0 || last < 0) return null;
  return { from: first, to: last };
}

/** ICMP type and code as ports: type × 256 + code; −1 stands for all. */
export function icmpPorts(type: unknown, code: unknown): PortRange | null {
  const known = numberOf(type);
  if (known === null || known < 0 || known > 255) return null;
  const exact = numberOf(code);
  if (exact === null || exact < 0 || exact > 255) return { from: known * 256, to: known * 256 + 255 };
  return { from: known * 256 + exact, to: known * 256 + exact };
}

/** Members of a list as objects. */
export function members(value: unknown): Fields[] {
  return list(value).map(fields);
}

/** A list of `{Key, Value}` as a record. */
export function attributesOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    members(value).flatMap((one) => {
      const key = textOf(one.Key);
      const text = textOf(one.Value);
      return key === null || text === null ? [] : [[key, text] as const];
    }),
  );
}

/** The Region that an availability zone lies in. */
export function regionOfZone(zone: string | null): string | null {
  return /^([a-z]{2}(?:-[a-z]{1,12}){1,3}-\d{1,2})[a-z]?$/.exec(zone ?? '')?.[1] ?? null;
}
