import { type Fields, fields, textOf } from '../../../lib/fields.ts';
import { parseCidr } from '../../../model/address.ts';
import type { Interface, Route, RouteDestination, RouteTable, RouteTarget } from '../../../model/network.ts';
import { type Collection, report } from './collection.ts';
import { idOf, members } from './values.ts';

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRouteTables.html */
export function readRouteTables(collection: Collection, interfaces: readonly Interface[]): RouteTable[] {
  return collection.items('RouteTables').flatMap((item): RouteTable[] => {
    const id = idOf(collection, item, 'RouteTableId');
    if (id === null) return [];
    const associations = members(item.fields.Associations).filter(isAssociated);
    return [
      {
        kind: 'routeTable',
        id,
        vpc: textOf(item.fields.VpcId) ?? '',
        isMain: associations.some((one) => one.Main === true),
        subnets: associations.flatMap((one) => textOf(one.SubnetId) ?? []),
        gateways: associations.flatMap((one) => textOf(one.GatewayId) ?? []),
        routes: members(item.fields.Routes).map((one) => readRoute(collection, id, one, interfaces)),
      },
    ];
  });
}

function isAssociated(association: Fields): boolean {
  const state = fields(association.AssociationState).State;
  return state === undefined || state === 'associated' || state === 'associating';
}

function readRoute(
  collection: Collection,
  table: string,
  route: Fields,
  interfaces: readonly Interface[],
): Route {
  return {
    destination: destinationOf(collection, table, route),
    target: targetOf(route, interfaces),
    isBlackhole: route.State === 'blackhole',
    isPropagated: route.Origin === 'EnableVgwRoutePropagation',
  };
}

// A destination that cannot be read is a list that nobody knows: the route may be taken for anything.
function destinationOf(collection: Collection, table: string, route: Fields): RouteDestination {
  const list = textOf(route.DestinationPrefixListId);
  if (list !== null) return { kind: 'prefixList', id: list };
  const text = textOf(route.DestinationCidrBlock) ?? textOf(route.DestinationIpv6CidrBlock);
  const cidr = text === null ? null : parseCidr(text);
  if (cidr !== null) return { kind: 'cidr', cidr };
  report(collection, 'malformed', table, 'the destination of a route cannot be read');
  return { kind: 'prefixList', id: `unreadable destination of ${table}` };
}

function targetOf(route: Fields, interfaces: readonly Interface[]): RouteTarget {
  const gateway = textOf(route.GatewayId);
  if (gateway !== null) return gatewayTarget(gateway);
  const named = [
    ['natGateway', route.NatGatewayId],
    ['transitGateway', route.TransitGatewayId],
    ['peering', route.VpcPeeringConnectionId],
    ['egressOnlyGateway', route.EgressOnlyInternetGatewayId],
    ['endpoint', route.VpcEndpointId],
    ['interface', route.NetworkInterfaceId],
    ['other', route.CoreNetworkArn ?? route.CarrierGatewayId ?? route.LocalGatewayId ?? route.OdbNetworkArn],
  ] as const;
  for (const [kind, value] of named) {
    const id = textOf(value);
    if (id !== null) return { kind, id };
  }
  const instance = textOf(route.InstanceId);
  const device = interfaces.find((one) => one.instance === instance && one.isPrimary);
  if (device) return { kind: 'interface', id: device.id };
  return { kind: 'other', id: instance ?? 'a target that is not told' };
}

function gatewayTarget(id: string): RouteTarget {
  if (id === 'local') return { kind: 'local', id };
  if (id.startsWith('igw-')) return { kind: 'internetGateway', id };
  if (id.startsWith('vgw-')) return { kind: 'vpnGateway', id };
  if (id.startsWith('vpce-')) return { kind: 'endpoint', id };
  if (id.startsWith('eigw-')) return { kind: 'egressOnlyGateway', id };
  return { kind: 'other', id };
}
