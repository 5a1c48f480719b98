import {
  type Address,
  type Cidr,
  formatAddress,
  formatCidr,
  parseAddress,
  parseCidr,
} from '../../model/address.ts';
import type { Peer, PortRange, RouteTarget } from '../../model/network.ts';
import { peerText, portsText, protocolNumber, protocolText } from './words.ts';

/** A change of one thing, in the words of whoever configures a network. */
export type Edit =
  | RuleEdit
  | EntryEdit
  | {
      readonly kind: 'delete';
      readonly acl: string;
      readonly number: number;
      readonly direction: 'in' | 'out';
    }
  | {
      readonly kind: 'route';
      readonly table: string;
      readonly destination: Cidr;
      readonly target: RouteTarget;
    }
  | { readonly kind: 'unroute'; readonly table: string; readonly destination: Cidr }
  | {
      readonly kind: 'associate';
      readonly interface: string;
      readonly inside: Address;
      readonly outside: Address;
    }
  | { readonly kind: 'disassociate'; readonly interface: string; readonly inside: Address }
  | { readonly kind: 'start' | 'stop'; readonly instance: string };

/** A rule put into a security group, or taken out of it. */
export type RuleEdit = {
  readonly kind: 'authorize' | 'revoke';
  readonly group: string;
  readonly direction: 'in' | 'out';
  readonly protocol: number | null;
  readonly ports: PortRange | null;
  readonly peer: Peer;
};

/** An entry put into a network ACL. */
export type EntryEdit = {
  readonly kind: 'allow' | 'deny';
  readonly acl: string;
  readonly number: number;
  readonly direction: 'in' | 'out';
  readonly protocol: number | null;
  readonly ports: PortRange | null;
  readonly cidr: Cidr;
};

/** The forms that `parseEdit` reads. */
export const editForms = [
  'authorize|revoke GROUP [in|out] PROTOCOL PORTS BLOCK|GROUP|LIST',
  'allow|deny ACL NUMBER in|out PROTOCOL PORTS BLOCK',
  'delete ACL NUMBER in|out',
  'route TABLE BLOCK TARGET',
  'unroute TABLE BLOCK',
  'associate INTERFACE PRIVATE-ADDRESS PUBLIC-ADDRESS',
  'disassociate INTERFACE PRIVATE-ADDRESS',
  'start|stop INSTANCE',
] as const;

/** One edit from its words, or a sentence that says what is wrong with them. */
export function parseEdit(text: string): Edit | string {
  const [verb = '', ...words] = text.trim().split(/\s+/).slice(0, 12);
  switch (verb) {
    case 'authorize':
    case 'revoke':
      return parseRuleEdit(verb, words);
    case 'allow':
    case 'deny':
      return parseEntryEdit(verb, words);
    case 'delete':
      return parseDelete(words);
    case 'route':
    case 'unroute':
      return parseRouteEdit(verb, words);
    case 'associate':
    case 'disassociate':
      return parseAssociation(verb, words);
    case 'start':
    case 'stop':
      return words.length === 1 ? { kind: verb, instance: words[0] ?? '' } : formOf(verb);
    default:
      return `'${verb}' is none of ${editForms.map((form) => form.split(' ')[0]?.replace('|', ', ')).join(', ')}`;
  }
}

/** The words of an edit; `parseEdit` reads them back. */
export function formatEdit(edit: Edit): string {
  switch (edit.kind) {
    case 'authorize':
    case 'revoke': {
      const what = `${protocolText(edit.protocol)} ${portsText(edit.ports, edit.protocol)}`;
      return `${edit.kind} ${edit.group} ${edit.direction} ${what} ${peerText(edit.peer)}`;
    }
    case 'allow':
    case 'deny': {
      const what = `${protocolText(edit.protocol)} ${portsText(edit.ports, edit.protocol)}`;
      return `${edit.kind} ${edit.acl} ${edit.number} ${edit.direction} ${what} ${formatCidr(edit.cidr)}`;
    }
    case 'delete':
      return `delete ${edit.acl} ${edit.number} ${edit.direction}`;
    case 'route':
      return `route ${edit.table} ${formatCidr(edit.destination)} ${edit.target.id}`;
    case 'unroute':
      return `unroute ${edit.table} ${formatCidr(edit.destination)}`;
    case 'associate':
      return `associate ${edit.interface} ${formatAddress(edit.inside)} ${formatAddress(edit.outside)}`;
    case 'disassociate':
      return `disassociate ${edit.interface} ${formatAddress(edit.inside)}`;
    default:
      return `${edit.kind} ${edit.instance}`;
  }
}

/** `22`, `20-25` or `all`; for ICMP `8` or `3/4`. Null for all, undefined when it is none. */
export function parsePorts(text: string, protocol: number | null): PortRange | null | undefined {
  if (text === 'all') return null;
  if (protocol === 1 || protocol === 58) return parseIcmp(text);
  const found = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (!found) return undefined;
  const from = Number(found[1]);
  const to = Number(found[2] ?? found[1]);
  return from <= to && to <= 65535 ? { from, to } : undefined;
}

function parseIcmp(text: string): PortRange | undefined {
  const found = /^(\d{1,3})(?:\/(\d{1,3}))?$/.exec(text);
  if (!found || Number(found[1]) > 255 || Number(found[2] ?? 0) > 255) return undefined;
  const from = Number(found[1]) * 256 + Number(found[2] ?? 0);
  return { from, to: found[2] === undefined ? from + 255 : from };
}

function parseRuleEdit(kind: RuleEdit['kind'], words: readonly string[]): RuleEdit | string {
  const hasDirection = words[1] === 'in' || words[1] === 'out';
  const direction = words[1] === 'out' ? 'out' : 'in';
  const [group = '', ...rest] = words;
  const [name = '', portText = '', peerWord = '', ...more] = hasDirection ? rest.slice(1) : rest;
  if (peerWord === '' || more.length > 0) return formOf(kind);
  const what = parseWhat(name, portText);
  if (typeof what === 'string') return what;
  return { kind, group, direction, ...what, peer: parsePeer(peerWord) };
}

function parsePeer(word: string): Peer {
  const cidr = parseCidr(word);
  if (cidr !== null) return { kind: 'cidr', cidr };
  return word.startsWith('pl-') ? { kind: 'prefixList', id: word } : { kind: 'group', id: word };
}

function parseEntryEdit(kind: EntryEdit['kind'], words: readonly string[]): EntryEdit | string {
  const [acl = '', number = '', direction = '', name = '', portText = '', block = '', ...more] = words;
  if (block === '' || more.length > 0) return formOf(kind);
  const what = parseWhat(name, portText);
  if (typeof what === 'string') return what;
  const place = parsePlace(acl, number, direction);
  const cidr = parseCidr(block);
  if (typeof place === 'string') return place;
  return cidr === null ? `'${block}' is no block of addresses` : { kind, ...place, ...what, cidr };
}

function parseDelete(words: readonly string[]): Edit | string {
  const [acl = '', number = '', direction = ''] = words;
  const place = parsePlace(acl, number, direction);
  return typeof place === 'string' ? place : { kind: 'delete', ...place };
}

function parsePlace(acl: string, number: string, direction: string) {
  if (!/^\d{1,5}$/.test(number) || Number(number) < 1 || Number(number) > 32766)
    return `'${number}' is no entry number from 1 to 32766`;
  if (direction !== 'in' && direction !== 'out') return `'${direction}' is neither in nor out`;
  return { acl, number: Number(number), direction } as const;
}

function parseWhat(name: string, portText: string) {
  const protocol = name === 'all' ? null : (protocolNumber(name) ?? undefined);
  if (protocol === undefined) return `'${name}' is no protocol (tcp, udp, icmp, icmpv6, a number, all)`;
  const ports = parsePorts(portText, protocol);
  return ports === undefined ? `'${portText}' is no port, range of ports, or all` : { protocol, ports };
}

function parseRouteEdit(kind: 'route' | 'unroute', words: readonly string[]): Edit | string {
  const [table = '', block = '', target = ''] = words;
  const destination = parseCidr(block);
  if (words.length !== (kind === 'route' ? 3 : 2)) return formOf(kind);
  if (destination === null) return `'${block}' is no block of addresses`;
  if (kind === 'unroute') return { kind, table, destination };
  return { kind, table, destination, target: targetNamed(target) };
}

const targetKinds: readonly (readonly [string, RouteTarget['kind']])[] = [
  ['local', 'local'],
  ['igw-', 'internetGateway'],
  ['eigw-', 'egressOnlyGateway'],
  ['nat-', 'natGateway'],
  ['pcx-', 'peering'],
  ['tgw-', 'transitGateway'],
  ['vgw-', 'vpnGateway'],
  ['eni-', 'interface'],
  ['vpce-', 'endpoint'],
];

/** A route target by its id, whose beginning tells what it is. */
export function targetNamed(id: string): RouteTarget {
  return { kind: targetKinds.find(([prefix]) => id.startsWith(prefix))?.[1] ?? 'other', id };
}

function parseAssociation(kind: 'associate' | 'disassociate', words: readonly string[]): Edit | string {
  const [device = '', insideText = '', outsideText = ''] = words;
  if (words.length !== (kind === 'associate' ? 3 : 2)) return formOf(kind);
  const inside = parseAddress(insideText);
  if (inside === null) return `'${insideText}' is no address`;
  if (kind === 'disassociate') return { kind, interface: device, inside };
  const outside = parseAddress(outsideText);
  return outside === null ? `'${outsideText}' is no address` : { kind, interface: device, inside, outside };
}

function formOf(verb: string): string {
  return `say: ${editForms.find((form) => form.split(' ')[0]?.split('|').includes(verb)) ?? verb}`;
}
