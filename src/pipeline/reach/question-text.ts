import { type Address, parseAddress, parseCidr } from '../../model/address.ts';
import type { Destination, Question, Source } from '../../model/exposure.ts';
import type { PortRange } from '../../model/network.ts';
import { parsePorts } from './edits.ts';
import { protocolNumber } from './words.ts';

/** How a source can be named. */
export const sourceForms = [
  'internet',
  'internet:ADDRESS',
  'cidr:BLOCK',
  'ip:ADDRESS',
  'instance:ID',
  'eni:ID',
  'subnet:ID[@ADDRESS]',
  'vpc:ID[@ADDRESS]',
  'vgw:ID[@ADDRESS]',
  'pcx:ID[@ADDRESS]',
  'tgw-attachment:ID[@ADDRESS]',
] as const;

/** How a destination can be named. */
export const destinationForms = ['instance:ID', 'eni:ID', 'ip:ADDRESS'] as const;

export type QuestionText = {
  readonly from: string | null;
  readonly to: string | null;
  /** Null: tcp. */
  readonly protocol: string | null;
  readonly port: string | null;
  readonly sourcePort: string | null;
  readonly isOneWay: boolean;
};

/** A question from words, or a sentence that says which of them cannot be read. */
export function parseQuestion(text: QuestionText): Question | string {
  if (text.from === null || text.to === null) return '--from and --to belong together';
  const from = parseSource(text.from);
  if (from === null) return `'${text.from}' is no source; say one of ${sourceForms.join(', ')}`;
  const to = parseDestination(text.to);
  if (to === null) return `'${text.to}' is no destination; say one of ${destinationForms.join(', ')}`;
  const name = text.protocol ?? 'tcp';
  const protocol = name === 'any' || name === 'all' ? null : (protocolNumber(name) ?? undefined);
  if (protocol === undefined) return `protocol '${name}' is not tcp, udp, icmp, icmpv6, a number or any`;
  const ports = parsePortList(text.port, protocol);
  if (ports === undefined) return `port '${text.port}' is not a port, a range or a list of them`;
  const sourcePorts = parsePortList(text.sourcePort, 6);
  if (sourcePorts === undefined)
    return `source port '${text.sourcePort}' is not a port, a range or a list of them`;
  return { from, to, protocol, ports, sourcePorts, isOneWay: text.isOneWay };
}

/** A source by one of `sourceForms`; null when it is none. */
export function parseSource(text: string): Source | null {
  const [kind, rest] = apart(text, ':');
  if (kind === 'internet') {
    if (rest === null) return { kind: 'internet', address: null };
    const address = parseAddress(rest);
    return address && { kind: 'internet', address };
  }
  if (rest === null) return null;
  switch (kind) {
    case 'cidr': {
      const cidr = parseCidr(rest);
      return cidr && { kind: 'cidr', cidr };
    }
    case 'ip': {
      const address = parseAddress(rest);
      return address && { kind: 'address', address };
    }
    case 'instance':
      return { kind: 'instance', id: rest };
    case 'eni':
      return { kind: 'interface', id: rest };
    default:
      return placedSource(kind, rest);
  }
}

const placeKinds = {
  subnet: 'subnet',
  vpc: 'vpc',
  vgw: 'vpnGateway',
  pcx: 'peering',
  'tgw-attachment': 'transitAttachment',
} as const;

// A place that a packet starts at, and, behind `@`, the address that it starts with.
function placedSource(kind: string, rest: string): Source | null {
  const [id, at] = apart(rest, '@');
  const address: Address | null = at === null ? null : parseAddress(at);
  if (id === '' || (at !== null && address === null)) return null;
  const known = Object.entries(placeKinds).find(([word]) => word === kind)?.[1];
  return known === undefined ? null : { kind: known, id, address };
}

/** A destination by one of `destinationForms`; null when it is none. */
export function parseDestination(text: string): Destination | null {
  const [kind, rest] = apart(text, ':');
  if (rest === null || rest === '') return null;
  if (kind === 'instance') return { kind: 'instance', id: rest };
  if (kind === 'eni') return { kind: 'interface', id: rest };
  const address = kind === 'ip' ? parseAddress(rest) : null;
  return address && { kind: 'address', address };
}

function parsePortList(text: string | null, protocol: number | null): PortRange[] | null | undefined {
  if (text === null || text === 'any' || text === 'all') return null;
  const ranges = text
    .split(',')
    .slice(0, 1000)
    .map((part) => parsePorts(part, protocol));
  return ranges.some((range) => !range) ? undefined : ranges.filter((range) => !!range);
}

function apart(text: string, sign: string): readonly [string, string | null] {
  const at = text.indexOf(sign);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}
