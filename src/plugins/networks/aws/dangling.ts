import type { Network, NetworkKind, RouteTargetKind } from '../../../model/network.ts';
import { type Collection, report } from './collection.ts';

/** Documents that every network has, with the call that prints them. */
const needed = {
  Vpcs: 'describe-vpcs',
  Subnets: 'describe-subnets',
  NetworkInterfaces: 'describe-network-interfaces',
  SecurityGroups: 'describe-security-groups',
  NetworkAcls: 'describe-network-acls',
  RouteTables: 'describe-route-tables',
  InternetGateways: 'describe-internet-gateways',
} as const;

/** Tells of each document that is needed and not there. */
export function reportMissing(collection: Collection): void {
  for (const [key, call] of Object.entries(needed)) {
    if (key === 'SecurityGroups' && collection.has('SecurityGroupRules')) continue;
    if (!collection.has(key))
      report(
        collection,
        'not-assessed',
        key,
        `is not among the documents (aws ec2 ${call}); answers that need it are 'may'`,
      );
  }
  if (!collection.has('Reservations') && !collection.has('Instances'))
    report(
      collection,
      'not-assessed',
      'Reservations',
      "is not among the documents (aws ec2 describe-instances); answers that need it are 'may'",
    );
}

/** Tells of each id that leads nowhere, once for each place that names it first. */
export function reportDangling(collection: Collection, network: Network): void {
  const told = new Set<string>();
  const check = (kind: NetworkKind, id: string | null, by: string) => {
    if (id === null || network[kind].has(id) || told.has(`${kind} ${id}`)) return;
    told.add(`${kind} ${id}`);
    report(collection, 'not-assessed', id, `is named by ${by} and not among the documents`);
  };
  for (const device of network.interface.values()) {
    for (const group of device.groups) check('securityGroup', group, device.id);
    check('instance', device.instance, device.id);
    if (device.type === 'load-balancer') check('loadBalancer', device.owner, device.id);
  }
  for (const { id, rules } of network.securityGroup.values())
    for (const { peer } of rules) if (peer.kind === 'prefixList') check('prefixList', peer.id, id);
  for (const { id, routes } of network.routeTable.values()) {
    for (const { destination, target, isBlackhole } of routes) {
      if (destination.kind === 'prefixList') check('prefixList', destination.id, id);
      const kind = kinds[target.kind];
      if (kind !== undefined && !isBlackhole) check(kind, target.id, id);
    }
  }
  checkAssociations(collection, network);
  checkBalancers(network, check);
  checkTransit(network, check);
}

const kinds: Readonly<Partial<Record<RouteTargetKind, NetworkKind>>> = {
  internetGateway: 'internetGateway',
  egressOnlyGateway: 'egressOnlyGateway',
  natGateway: 'natGateway',
  peering: 'peering',
  transitGateway: 'transitGateway',
  vpnGateway: 'vpnGateway',
  interface: 'interface',
  endpoint: 'endpoint',
};

type Check = (kind: NetworkKind, id: string | null, by: string) => void;

// Every subnet has a network ACL and, if only by its VPC, a route table.
function checkAssociations(collection: Collection, network: Network): void {
  const acls = new Set([...network.networkAcl.values()].flatMap(({ subnets }) => subnets));
  const tables = new Set([...network.routeTable.values()].flatMap(({ subnets }) => subnets));
  const mains = new Set(
    [...network.routeTable.values()].filter(({ isMain }) => isMain).map(({ vpc }) => vpc),
  );
  for (const { id, vpc } of network.subnet.values()) {
    if (!acls.has(id))
      report(collection, 'not-assessed', id, 'no network ACL is associated with it in the documents');
    if (!tables.has(id) && !mains.has(vpc))
      report(collection, 'not-assessed', id, 'neither it nor its VPC has a route table in the documents');
  }
}

function checkBalancers(network: Network, check: Check): void {
  for (const balancer of network.loadBalancer.values())
    for (const { targetGroups } of balancer.listeners)
      for (const group of targetGroups) check('targetGroup', group, balancer.id);
  for (const { id, targetType, targets } of network.targetGroup.values()) {
    for (const target of targets ?? []) {
      if (targetType === 'instance') check('instance', target.id, id);
      if (targetType === 'loadBalancer') check('loadBalancer', target.id, id);
    }
  }
}

function checkTransit(network: Network, check: Check): void {
  for (const one of network.transitAttachment.values()) {
    if (one.state === 'down') continue;
    check('transitTable', one.table, one.id);
    for (const subnet of one.subnets) check('subnet', subnet, one.id);
    if (one.type === 'vpc') check('vpc', one.resource, one.id);
  }
}
