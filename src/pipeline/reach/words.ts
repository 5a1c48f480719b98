import { formatCidr } from '../../model/address.ts';
import type { AclEntry, GroupRule, Peer, PortRange, Route, TransitRoute } from '../../model/network.ts';

const protocolNames: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6' };

/** `tcp`, `udp`, `icmp`, `icmpv6` or the number. */
export function protocolText(protocol: number | null): string {
  return protocol === null ? 'all' : (protocolNames[protocol] ?? String(protocol));
}

/** The number of `tcp`, `udp`, `icmp`, `icmpv6` or a number from 0 to 255; null for anything else. */
export function protocolNumber(text: string): number | null {
  const known = Object.entries(protocolNames).find(([, name]) => name === text.toLowerCase());
  if (known) return Number(known[0]);
  return /^\d{1,3}$/.test(text) && Number(text) <= 255 ? Number(text) : null;
}

/** `22`, `20-25` or `all`; for ICMP the type, `8`, or type and code, `3/4`. */
export function portsText(ports: PortRange | null, protocol: number | null): string {
  if (ports === null) return 'all';
  if (protocol === 1 || protocol === 58) {
    const type = Math.floor(ports.from / 256);
    return ports.from === ports.to ? `${type}/${ports.from % 256}` : String(type);
  }
  return ports.from === ports.to ? String(ports.from) : `${ports.from}-${ports.to}`;
}

export function peerText(peer: Peer): string {
  return peer.kind === 'cidr' ? formatCidr(peer.cidr) : peer.id;
}

/** `in tcp 22 from 0.0.0.0/0`. */
export function groupRuleText(rule: GroupRule): string {
  const side = rule.direction === 'in' ? 'from' : 'to';
  return `${rule.direction} ${protocolText(rule.protocol)} ${portsText(rule.ports, rule.protocol)} ${side} ${peerText(rule.peer)}`;
}

/** `in 100 allow tcp 22 from 0.0.0.0/0`. */
export function aclEntryText(entry: AclEntry): string {
  const side = entry.direction === 'in' ? 'from' : 'to';
  const action = entry.isAllow ? 'allow' : 'deny';
  const what = `${protocolText(entry.protocol)} ${portsText(entry.ports, entry.protocol)}`;
  return `${entry.direction} ${entry.number} ${action} ${what} ${side} ${formatCidr(entry.cidr)}`;
}

/** `0.0.0.0/0 -> igw-1`. */
export function routeText(route: Route): string {
  const { destination, target } = route;
  const to = destination.kind === 'cidr' ? formatCidr(destination.cidr) : destination.id;
  return `${to} -> ${target.id}${route.isBlackhole ? ' (blackhole)' : ''}`;
}

export function transitRouteText(route: TransitRoute): string {
  const to = route.attachments.join(', ') || 'unknown';
  return `${formatCidr(route.destination)} -> ${to}${route.isBlackhole ? ' (blackhole)' : ''}`;
}
