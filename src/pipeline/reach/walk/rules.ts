import type { AclEntry, GroupRule, Interface, NetworkAcl, SecurityGroup } from '../../../model/network.ts';
import { matchingEntries } from '../compile-acl.ts';
import { portsOfRule, speaksOf } from '../compile-group.ts';
import { allPorts, noPorts, type PortSetId } from '../port-set.ts';
import { aclEntryText, protocolText } from '../words.ts';
import { isMember } from './filters.ts';
import { type Flow, nameOf, type Obstruction, type Spot, stopAt, type Walk } from './flow.ts';

/** The entry of a network ACL that decides about a flow: the one that lets a port through, else the first that matches. */
export function decidingEntry(
  walk: Walk,
  flow: Flow,
  acl: NetworkAcl,
  direction: 'in' | 'out',
  remote: Spot,
): AclEntry | null {
  const { index } = walk.compiled;
  const { sets } = index;
  const space = index.space(flow.family);
  let open = wantedPorts(flow);
  let first: AclEntry | null = null;
  for (const entry of matchingEntries(acl, direction, flow.protocol, flow.family)) {
    const { start, end } = space.range(entry.cidr);
    const ports = entry.ports === null ? allPorts : sets.range(entry.ports.from, entry.ports.to);
    if (remote === 'client' || remote < start || remote >= end || sets.intersect(ports, open) === noPorts)
      continue;
    if (entry.isAllow) return entry;
    first ??= entry;
    open = sets.subtract(open, ports);
  }
  return first;
}

/** The first rule of some group that admits a port that is still possible. */
export function admittingRule(
  walk: Walk,
  flow: Flow,
  groups: readonly string[],
  direction: 'in' | 'out',
): { readonly group: SecurityGroup; readonly rule: GroupRule } | null {
  const { index } = walk.compiled;
  const wanted = wantedPorts(flow);
  for (const id of groups) {
    const group = index.get('securityGroup', id);
    for (const rule of group?.rules ?? []) {
      if (!speaksOf(rule, direction, flow.protocol)) continue;
      if (index.sets.intersect(portsOfRule(rule, flow.protocol, index.sets), wanted) === noPorts) continue;
      if (group && matchesPeer(walk, flow, rule, direction)) return { group, rule };
    }
  }
  return null;
}

function matchesPeer(walk: Walk, flow: Flow, { peer }: GroupRule, direction: 'in' | 'out'): boolean {
  const { index } = walk.compiled;
  const space = index.space(flow.family);
  const remote = direction === 'in' ? flow.source : flow.destination;
  if (remote === 'client') return false;
  if (peer.kind === 'group') {
    if (direction === 'in' && flow.viaGroups.includes(peer.id)) return true;
    return isMember(walk, flow, peer.id, direction, remote) === true;
  }
  const blocks = peer.kind === 'cidr' ? [peer.cidr] : (index.get('prefixList', peer.id)?.entries ?? []);
  return blocks
    .filter(({ family }) => family === flow.family)
    .some((cidr) => {
      const { start, end } = space.range(cidr);
      return remote >= start && remote < end;
    });
}

// When explaining, every map is one piece.
function wantedPorts(flow: Flow): PortSetId {
  const map = flow.phase === 'reply' ? flow.replyUpper : flow.upper;
  return map.values[0] ?? noPorts;
}

export function aclStop(
  walk: Walk,
  flow: Flow,
  acl: NetworkAcl | null,
  subnet: string,
  direction: 'in' | 'out',
): Obstruction {
  const remote = direction === 'in' ? flow.source : flow.destination;
  const isReply = flow.phase === 'reply';
  const entry = acl && decidingEntry(walk, flow, acl, direction, remote);
  const what = `${isReply ? 'the reply ' : ''}${protocolText(flow.protocol)} from ${nameOf(walk, flow, flow.source)} to ${nameOf(walk, flow, flow.destination)}`;
  const way = direction === 'in' ? 'into' : 'out of';
  const by = entry === null ? 'no entry allows it' : `entry ${aclEntryText(entry)} decides`;
  const id = acl?.id ?? subnet;
  const stop = stopAt(
    'networkAcl',
    id,
    isReply ? 'nacl-return' : direction === 'in' ? 'nacl-ingress' : 'nacl-egress',
    'SUBNET_ACL_RESTRICTION',
    `${id} does not let ${what} ${way} ${subnet}: ${by}.`,
    [subnet],
  );
  const { family, protocol } = flow;
  const ports = isReply ? flow.askedReply : flow.asked;
  return {
    ...stop,
    fix: { kind: 'acl', acl: id, direction, family, remote: nameOf(walk, flow, remote), protocol, ports },
  };
}

export function groupStop(
  walk: Walk,
  flow: Flow,
  device: Interface,
  groups: readonly string[],
  direction: 'in' | 'out',
): Obstruction {
  const { index } = walk.compiled;
  const hasRules = groups.some((id) =>
    index.get('securityGroup', id)?.rules.some((rule) => rule.direction === direction),
  );
  const remote = direction === 'in' ? flow.source : flow.destination;
  const side = direction === 'in' ? 'from' : 'to';
  const stop = stopAt(
    'securityGroup',
    groups[0] ?? device.id,
    direction === 'in' ? 'sg-ingress' : 'sg-egress',
    hasRules ? 'ENI_SG_RULES_MISMATCH' : 'SG_HAS_NO_RULES',
    `No rule of ${groups.join(', ')} allows ${protocolText(flow.protocol)} ${side} ${nameOf(walk, flow, remote)} on ${device.id}.`,
    [...groups, device.id, ...(device.instance === null ? [] : [device.instance])],
  );
  const [group] = groups.filter((id) => index.get('securityGroup', id) !== null);
  if (group === undefined) return stop;
  const { family, protocol, asked } = flow;
  return {
    ...stop,
    fix: {
      kind: 'group',
      group,
      direction,
      family,
      remote: nameOf(walk, flow, remote),
      protocol,
      ports: asked,
    },
  };
}
