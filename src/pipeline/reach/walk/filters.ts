import { formatAddress } from '../../../model/address.ts';
import type { Interface } from '../../../model/network.ts';
import type { GroupRules } from '../compile-group.ts';
import { anyVpc, type Bounds, membersIn } from '../compiled.ts';
import { noPorts, type PortSetId } from '../port-set.ts';
import { constantMap, everybody, nobody, type SourceMap, unionMaps } from '../source-map.ts';
import { aclEntryText, groupRuleText } from '../words.ts';
import { type Flow, mapFor, pass, type Spot, step, type Walk } from './flow.ts';
import { aclStop, admittingRule, decidingEntry, groupStop } from './rules.ts';

/** Through the network ACL of a subnet, entering or leaving it. Null when nothing gets through. */
export function throughAcl(walk: Walk, flow: Flow, subnet: string, direction: 'in' | 'out'): Flow | null {
  const { compiled } = walk;
  const remote = direction === 'in' ? flow.source : flow.destination;
  const acl = compiled.index.find('networkAcl', `acl:${subnet}`)[0] ?? null;
  const map = acl && compiled.acl(acl.id, direction, flow.protocol, flow.family);
  const open = map === null ? everybody : mapFor(walk, map, remote);
  const passed = pass(walk, flow, {
    lower: acl === null ? nobody : open,
    upper: open,
    unknown: () => `the network ACL of ${subnet}`,
    stop: () => aclStop(walk, flow, acl, subnet, direction),
  });
  if (passed === null || !walk.isExplaining || acl === null) return passed;
  const rule = decidingEntry(walk, flow, acl, direction, remote);
  return step(
    walk,
    passed,
    'networkAcl',
    acl.id,
    rule && { id: String(rule.number), text: aclEntryText(rule) },
  );
}

/** Through the security groups of an interface; only the way there is asked, replies are remembered by them. */
export function throughGroups(
  walk: Walk,
  flow: Flow,
  device: Interface,
  groups: readonly string[],
  direction: 'in' | 'out',
): Flow | null {
  const bounds = groupBounds(walk, flow, groups, direction);
  const isUntold = groups.length === 0;
  const passed = pass(walk, flow, {
    lower: bounds.lower,
    upper: isUntold ? everybody : bounds.upper,
    unknown: () => `the security groups of ${device.id}${isUntold ? '' : ` (${groups.join(', ')})`}`,
    stop: () => groupStop(walk, flow, device, groups, direction),
  });
  if (passed === null || !walk.isExplaining) return passed;
  const found = admittingRule(walk, flow, groups, direction);
  if (found === null) return passed;
  const rule = { id: found.rule.id, text: groupRuleText(found.rule) };
  return step(walk, passed, 'securityGroup', found.group.id, rule);
}

/** What the groups together let through for the remote end of a flow. */
export function groupBounds(
  walk: Walk,
  flow: Flow,
  groups: readonly string[],
  direction: 'in' | 'out',
): Bounds {
  const { sets } = walk.compiled.index;
  let lower = nobody;
  let upper = nobody;
  for (const id of groups) {
    const remote = direction === 'in' ? flow.source : flow.destination;
    const one =
      remote === 'client' && direction === 'in'
        ? symbolicBounds(walk, flow, id)
        : concreteBounds(walk, flow, id, direction, remote);
    lower = unionMaps(lower, one.lower, sets);
    upper = unionMaps(upper, one.upper, sets);
  }
  return { lower, upper };
}

/**
 * What the owners of a destination let in of a packet that something unseen may hand to them as it is. Where nobody
 * has the address, nothing is known.
 */
export function ownersBound(walk: Walk, flow: Flow): SourceMap {
  const { index } = walk.compiled;
  const { destination } = flow;
  if (destination === 'client') return everybody;
  const text = formatAddress(index.space(flow.family).addressOf(destination));
  const owners = [
    ...index.find('interface', `private:${text}`),
    ...index.find('interface', `public:${text}`),
  ].filter(({ id }) => flow.owner === null || flow.owner === id);
  if (owners.length === 0) return everybody;
  const seen: Flow = { ...flow, groupVpc: anyVpc };
  return owners.reduce((open, device) => unionMaps(open, ownerBound(walk, seen, device), index.sets), nobody);
}

function ownerBound(walk: Walk, flow: Flow, device: Interface): SourceMap {
  if (!['interface', 'load-balancer', 'interface-endpoint'].includes(device.type)) return nobody;
  const { index } = walk.compiled;
  const instance = device.instance === null ? null : index.get('instance', device.instance);
  if (device.state === 'down' || instance?.state === 'down') return nobody;
  const balancer = device.owner === null ? null : index.get('loadBalancer', device.owner);
  const groups = device.groups.length > 0 ? device.groups : (balancer?.groups ?? []);
  return groups.length === 0 ? everybody : groupBounds(walk, flow, groups, 'in').upper;
}

function symbolicBounds(walk: Walk, flow: Flow, id: string): Bounds {
  const { compiled } = walk;
  const { sets } = compiled.index;
  const bounds = compiled.groupMap(id, flow.protocol, flow.family, flow.groupVpc);
  const rules = compiled.group(id, 'in', flow.protocol, flow.family);
  const via = rules === null ? noPorts : portsVia(walk, flow, rules);
  if (via === noPorts) return bounds;
  return {
    lower: unionMaps(bounds.lower, constantMap(via), sets),
    upper: unionMaps(bounds.upper, constantMap(via), sets),
  };
}

function concreteBounds(walk: Walk, flow: Flow, id: string, direction: 'in' | 'out', remote: Spot): Bounds {
  const { compiled } = walk;
  const { sets } = compiled.index;
  const rules = compiled.group(id, direction, flow.protocol, flow.family);
  if (rules === null) return { lower: nobody, upper: everybody };
  let sure = direction === 'in' ? portsVia(walk, flow, rules) : noPorts;
  let perhaps = rules.unknownPorts;
  for (let at = 0; at < rules.starts.length; at++) {
    if (isBetween(remote, rules.starts[at], rules.ends[at]))
      sure = sets.union(sure, rules.ports[at] ?? noPorts);
  }
  for (const { group, ports } of rules.references) {
    const known = isMember(walk, flow, group, direction, remote);
    if (known === true) sure = sets.union(sure, ports);
    else if (known === null) perhaps = sets.union(perhaps, ports);
  }
  return { lower: constantMap(sure), upper: constantMap(sets.union(sure, perhaps)) };
}

function portsVia(walk: Walk, flow: Flow, rules: GroupRules): PortSetId {
  const { sets } = walk.compiled.index;
  return rules.references
    .filter(({ group }) => flow.viaGroups.includes(group))
    .reduce((all, { ports }) => sets.union(all, ports), noPorts);
}

// Whether the remote end is known as a member of a group; null where its network cannot be seen.
export function isMember(
  walk: Walk,
  flow: Flow,
  group: string,
  direction: 'in' | 'out',
  remote: Spot,
): boolean | null {
  const { index } = walk.compiled;
  if (remote === 'client') return false;
  if (direction === 'out') {
    const space = index.space(flow.family);
    return index
      .find('interface', `members:${group}`)
      .some(({ addresses }) =>
        addresses.some((one) => one.private.family === flow.family && space.at(one.private) === remote),
      );
  }
  if (flow.groupVpc === null) return false;
  if (flow.groupVpc === anyVpc) return null;
  if (membersIn(index, group, flow.groupVpc, flow.family).some(({ start }) => start === remote)) return true;
  return index.get('vpc', flow.groupVpc) === null ? null : false;
}

function isBetween(spot: Spot, start: number | undefined, end: number | undefined): boolean {
  return spot !== 'client' && start !== undefined && end !== undefined && spot >= start && spot < end;
}
