import { single } from '../../../model/address.ts';
import type { InternetGateway, Network, NetworkObject, Subnet, Vpc } from '../../../model/network.ts';
import { type Collection, report } from './collection.ts';

/**
 * Objects that others prove to exist and no document describes, with what those others tell of them. Without them
 * what is missing would look closed.
 */
export function fillPlaces(collection: Collection, network: Network): NetworkObject[] {
  const subnets = missingSubnets(collection, network);
  return [...subnets, ...missingVpcs(collection, network, subnets), ...missingGateways(collection, network)];
}

// A subnet is known by the addresses of its interfaces at least.
function missingSubnets(collection: Collection, network: Network): Subnet[] {
  const found = new Map<string, Subnet>();
  for (const device of network.interface.values()) {
    if (network.subnet.has(device.subnet)) continue;
    const known = found.get(device.subnet);
    if (!known)
      report(
        collection,
        'not-assessed',
        device.subnet,
        'the subnet is not among the documents; its zone and blocks are unknown',
      );
    const cidrs = [...(known?.cidrs ?? []), ...device.addresses.map((address) => single(address.private))];
    found.set(device.subnet, { kind: 'subnet', id: device.subnet, vpc: device.vpc, zone: null, cidrs });
  }
  return [...found.values()];
}

// The local routes of a VPC cover exactly its blocks.
function missingVpcs(collection: Collection, network: Network, stood: readonly Subnet[]): Vpc[] {
  const found = new Map<string, Vpc>();
  for (const { vpc } of [...network.subnet.values(), ...stood]) {
    if (network.vpc.has(vpc) || found.has(vpc)) continue;
    report(
      collection,
      'not-assessed',
      vpc,
      'the VPC is not among the documents; its blocks are those of its local routes',
    );
    const local = [...network.routeTable.values()]
      .filter((table) => table.vpc === vpc)
      .flatMap(({ routes }) => routes)
      .flatMap(({ destination, target }) =>
        target.kind === 'local' && destination.kind === 'cidr' ? [destination.cidr] : [],
      );
    const subnets = [...network.subnet.values(), ...stood].filter((subnet) => subnet.vpc === vpc);
    const cidrs = local.length > 0 ? local : subnets.flatMap((subnet) => subnet.cidrs);
    found.set(vpc, { kind: 'vpc', id: vpc, account: null, region: null, cidrs });
  }
  return [...found.values()];
}

// Where neither gateways nor routes were told, a public address proves that there is, or was, a gateway.
function missingGateways(collection: Collection, network: Network): InternetGateway[] {
  if (collection.has('InternetGateways') || collection.has('RouteTables')) return [];
  const vpcs = [...network.interface.values()]
    .filter(({ addresses }) => addresses.some((one) => one.public !== null || one.private.family === 6))
    .map(({ vpc }) => vpc);
  return [...new Set(vpcs)].map((vpc) => ({
    kind: 'internetGateway',
    id: `internet gateway of ${vpc}`,
    vpc,
    state: 'unknown',
  }));
}
