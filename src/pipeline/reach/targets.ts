import type { Address, Family } from '../../model/address.ts';
import type { Interface, Listener, Target, TargetGroup } from '../../model/network.ts';
import type { Compiled } from './compiled.ts';
import { addressKey } from './network-index.ts';
import { allPorts, noPorts, type PortSetId } from './port-set.ts';

/** A target of a group: the interface that takes the traffic, its address as a number, and the port. */
export type ResolvedTarget = {
  readonly device: Interface;
  readonly family: Family;
  readonly at: number;
  readonly port: number;
  /** Another load balancer, which passes it on once more. */
  readonly isBalancer: boolean;
};

/**
 * The targets of a group that stand on interfaces of this network. A load balancer that opens its own connections
 * takes IPv6 clients to IPv4 targets as well; only the way to another load balancer keeps the client's family.
 */
export function resolveTargets(
  compiled: Compiled,
  group: TargetGroup,
  client: Family,
): readonly ResolvedTarget[] {
  return compiled.memo.get(`targets ${group.id} ${client}`, () => {
    const now = compiled.index.get('targetGroup', group.id) ?? group;
    return (now.targets ?? []).flatMap((target) => resolveTarget(compiled, now, target, client));
  });
}

function resolveTarget(
  compiled: Compiled,
  group: TargetGroup,
  { id, address, port }: Target,
  client: Family,
): ResolvedTarget[] {
  const { index } = compiled;
  const isBalancer = group.targetType === 'loadBalancer';
  const family = isBalancer ? client : group.family;
  return devicesOf(compiled, group, id, address).flatMap((device) => {
    const named = device.addresses.find((one) => one.private.family === family)?.private ?? null;
    const own = group.targetType === 'ip' ? address : named;
    if (own === null) return [];
    return [{ device, family: own.family, at: index.space(own.family).at(own), port, isBalancer }];
  });
}

function devicesOf(
  { index }: Compiled,
  group: TargetGroup,
  id: string,
  address: Address | null,
): readonly Interface[] {
  if (group.targetType === 'loadBalancer') return index.find('interface', `interfaces:${id}`);
  if (group.targetType === 'instance') {
    const all = index.find('interface', `interfaces:${id}`);
    return all.filter(({ isPrimary }) => isPrimary).slice(0, 1);
  }
  if (group.targetType !== 'ip' || address === null || group.vpc === null) return [];
  const own = index
    .find('subnet', `subnets:${group.vpc}`)
    .flatMap((subnet) => index.find('interface', addressKey(subnet.id, address)));
  return own.slice(0, 1);
}

/** What a listener leads to in the end, through other load balancers as well. */
export type Leads = {
  /** By the interface's id: its ports. */
  readonly known: Map<string, { readonly device: Interface; readonly ports: PortSetId }>;
  /** Groups on the way whose targets were not told; null where not even the group was. */
  readonly untold: (TargetGroup | null)[];
};

/** Load balancers one behind the other that are followed. */
const depthMax = 4;

export function leadsOf(
  compiled: Compiled,
  balancer: string,
  listener: Listener,
  protocol: number,
  family: Family,
): Leads {
  return compiled.memo.get(`leads ${listener.id} ${protocol} ${family}`, () => {
    const now = compiled.index.get('loadBalancer', balancer)?.listeners.find(({ id }) => id === listener.id);
    return makeLeads(compiled, now ?? listener, protocol, family);
  });
}

function makeLeads(compiled: Compiled, listener: Listener, protocol: number, family: Family): Leads {
  const leads: Leads = { known: new Map(), untold: [] };
  addLeads(compiled, listener, protocol, family, leads, 0);
  return leads;
}

function addLeads(
  compiled: Compiled,
  listener: Listener,
  protocol: number,
  family: Family,
  leads: Leads,
  depth: number,
): void {
  const { index } = compiled;
  if (depth > depthMax || !listener.protocols.includes(protocol)) return;
  for (const id of listener.targetGroups) {
    const group = index.get('targetGroup', id);
    if (!group?.targets) leads.untold.push(group);
    for (const { device, port, isBalancer } of group ? resolveTargets(compiled, group, family) : []) {
      if (isBalancer) {
        const next = device.owner === null ? null : index.get('loadBalancer', device.owner);
        for (const one of next?.listeners ?? [])
          if (one.port === port) addLeads(compiled, one, protocol, family, leads, depth + 1);
        continue;
      }
      const known = leads.known.get(device.id)?.ports ?? noPorts;
      const ports = index.sets.union(known, index.sets.range(port, port));
      leads.known.set(device.id, { device, ports });
    }
  }
}

/** The ports of an interface that a listener leads, or may lead, to. */
export function portsLedTo(leads: Leads, device: Interface): PortSetId {
  if (leads.untold.some((group) => couldHold(group, device))) return allPorts;
  return leads.known.get(device.id)?.ports ?? noPorts;
}

/** Whether a group whose targets are not known may have an interface: one of instances has none of another VPC. */
export function couldHold(group: TargetGroup | null, device: Interface): boolean {
  return group === null || group.targetType !== 'instance' || device.vpc === group.vpc;
}

/** The interfaces through which clients reach a load balancer: its own, and those of endpoints of its service. */
export function frontsOf({ index }: Compiled, balancer: string): Interface[] {
  const own = index.find('interface', `interfaces:${balancer}`);
  const endpoints = index.find('endpoint', `endpoints:${balancer}`);
  return [...own, ...endpoints.flatMap(({ id }) => index.find('interface', `interfaces:${id}`))];
}
