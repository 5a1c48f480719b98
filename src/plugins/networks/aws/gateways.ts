import { type Fields, fields, textOf } from '../../../lib/fields.ts';
import type { Cidr } from '../../../model/address.ts';
import type {
  EgressOnlyGateway,
  InternetGateway,
  NatGateway,
  Peering,
  PeeringSide,
  PremisesConnection,
  PublicAccessBlock,
  VpnGateway,
} from '../../../model/network.ts';
import { type Collection, report } from './collection.ts';
import { cidrAt, idOf, members, stateOf } from './values.ts';

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInternetGateways.html */
export function readInternetGateways(collection: Collection): InternetGateway[] {
  return collection.items('InternetGateways').flatMap((item): InternetGateway[] => {
    const id = idOf(collection, item, 'InternetGatewayId');
    return id === null ? [] : [{ kind: 'internetGateway', id, ...attachmentOf(item.fields) }];
  });
}

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeEgressOnlyInternetGateways.html */
export function readEgressOnlyGateways(collection: Collection): EgressOnlyGateway[] {
  return collection.items('EgressOnlyInternetGateways').flatMap((item): EgressOnlyGateway[] => {
    const id = idOf(collection, item, 'EgressOnlyInternetGatewayId');
    return id === null ? [] : [{ kind: 'egressOnlyGateway', id, ...attachmentOf(item.fields) }];
  });
}

// A gateway that is attached to nothing is down for everybody.
function attachmentOf(gateway: Fields): Pick<InternetGateway, 'vpc' | 'state'> {
  const attachment = members(gateway.Attachments).find((one) => textOf(one.VpcId) !== null);
  if (!attachment) return { vpc: null, state: 'down' };
  return { vpc: textOf(attachment.VpcId), state: stateOf(attachment.State, 'available', 'attached') };
}

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNatGateways.html */
export function readNatGateways(collection: Collection): NatGateway[] {
  return collection.items('NatGateways').flatMap((item): NatGateway[] => {
    const id = idOf(collection, item, 'NatGatewayId');
    if (id === null) return [];
    return [
      {
        kind: 'natGateway',
        id,
        vpc: textOf(item.fields.VpcId),
        subnet: textOf(item.fields.SubnetId),
        state: stateOf(item.fields.State, 'available'),
        interfaces: members(item.fields.NatGatewayAddresses).flatMap(
          (one) => textOf(one.NetworkInterfaceId) ?? [],
        ),
      },
    ];
  });
}

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcPeeringConnections.html */
export function readPeerings(collection: Collection): Peering[] {
  return collection.items('VpcPeeringConnections').flatMap((item): Peering[] => {
    const id = idOf(collection, item, 'VpcPeeringConnectionId');
    if (id === null) return [];
    const { RequesterVpcInfo, AccepterVpcInfo, Status } = item.fields;
    const sides = [
      sideOf(collection, id, fields(RequesterVpcInfo)),
      sideOf(collection, id, fields(AccepterVpcInfo)),
    ] as const;
    return [{ kind: 'peering', id, state: stateOf(fields(Status).Code, 'active'), sides }];
  });
}

function sideOf(collection: Collection, where: string, side: Fields): PeeringSide {
  const listed = [
    ...members(side.CidrBlockSet).map((one) => one.CidrBlock),
    ...members(side.Ipv6CidrBlockSet).map((one) => one.Ipv6CidrBlock),
  ];
  const texts = listed.length > 0 ? listed : side.CidrBlock === undefined ? [] : [side.CidrBlock];
  const cidrs = texts.map((text) => cidrAt(collection, where, text));
  const isWhole = cidrs.length > 0 && !cidrs.includes(null);
  return { vpc: textOf(side.VpcId), cidrs: isWhole ? cidrs.filter((cidr) => cidr !== null) : null };
}

/**
 * Virtual private gateways with what leads on from them. Without the document of VPN connections nobody knows.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpnGateways.html
 */
export function readVpnGateways(collection: Collection): VpnGateway[] {
  return collection.items('VpnGateways').flatMap((item): VpnGateway[] => {
    const id = idOf(collection, item, 'VpnGatewayId');
    if (id === null) return [];
    const attachments = members(item.fields.VpcAttachments);
    const attachment = attachments.find((one) => one.State === 'attached') ?? attachments[0];
    const isDown = stateOf(item.fields.State, 'available') === 'down' || !attachment;
    const connections = [...vpnLines(collection, 'VpnGatewayId', id), ...directLines(collection, id)];
    return [
      {
        kind: 'vpnGateway',
        id,
        vpc: textOf(attachment?.VpcId),
        state: isDown ? 'down' : stateOf(attachment.State, 'attached'),
        connections: collection.has('VpnConnections') ? connections : [...connections, untoldLine(id)],
      },
    ];
  });
}

/**
 * The VPN connections of a gateway. A tunnel that is down at the moment may be up again in the next.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpnConnections.html
 */
export function vpnLines(
  collection: Collection,
  key: 'VpnGatewayId' | 'VpnConnectionId',
  id: string,
): PremisesConnection[] {
  return collection
    .items('VpnConnections')
    .filter((item) => item.fields[key] === id)
    .map((item) => ({
      id: textOf(item.fields.VpnConnectionId) ?? id,
      type: 'vpn' as const,
      state: stateOf(item.fields.State, 'available'),
      prefixes: routesOf(collection, id, item.fields),
      isComplete: fields(item.fields.Options).StaticRoutesOnly === true,
    }));
}

function routesOf(collection: Collection, where: string, connection: Fields): Cidr[] {
  return members(connection.Routes)
    .filter((route) => route.State === undefined || route.State === 'available')
    .flatMap((route) => cidrAt(collection, where, route.DestinationCidrBlock) ?? []);
}

// Source: https://docs.aws.amazon.com/directconnect/latest/APIReference/API_DescribeDirectConnectGatewayAssociations.html
function directLines(collection: Collection, id: string): PremisesConnection[] {
  const line = { type: 'directConnect', prefixes: [], isComplete: false } as const;
  const associations = collection
    .items('directConnectGatewayAssociations')
    .filter((item) => fields(item.fields.associatedGateway).id === id || item.fields.virtualGatewayId === id)
    .map((item) => ({
      ...line,
      id: textOf(item.fields.directConnectGatewayId) ?? id,
      state: stateOf(item.fields.associationState, 'associated', 'updating'),
    }));
  const own = collection
    .items('virtualInterfaces')
    .filter((item) => item.fields.virtualGatewayId === id && item.fields.virtualInterfaceType === 'private')
    .map((item) => ({
      ...line,
      id: textOf(item.fields.virtualInterfaceId) ?? id,
      state: stateOf(item.fields.virtualInterfaceState, 'available', 'down'),
    }));
  return [...associations, ...own];
}

function untoldLine(id: string): PremisesConnection {
  return { id: `connections of ${id}`, type: 'vpn', state: 'unknown', prefixes: [], isComplete: false };
}

/**
 * The block of public access of each account and Region. Without that document it is taken as off, its default.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcBlockPublicAccessOptions.html
 */
export function readPublicAccessBlocks(collection: Collection): PublicAccessBlock[] {
  const exclusions = collection
    .items('VpcBlockPublicAccessExclusions')
    .filter(({ fields: one }) =>
      ['create-complete', 'update-complete'].includes(String(one.State ?? 'create-complete')),
    )
    .flatMap(({ fields: one }) => {
      const resource =
        textOf(one.ResourceArn)?.split('/').at(-1) ?? textOf(one.SubnetId) ?? textOf(one.VpcId);
      if (resource === null) return [];
      const isEgress = one.InternetGatewayExclusionMode === 'allow-egress';
      return [{ resource, mode: isEgress ? ('egress' as const) : ('bidirectional' as const) }];
    });
  return collection.items('VpcBlockPublicAccessOptions').map(({ fields: one, account, region, file }) => {
    const mode = blockModes[String(one.InternetGatewayBlockMode ?? 'off')];
    if (mode === undefined)
      report(
        collection,
        'unsupported',
        file,
        'the block of public access has a mode that is new; it is taken for bidirectional',
      );
    return {
      kind: 'publicAccessBlock',
      id: `public access of ${file}`,
      account: textOf(one.AwsAccountId) ?? account,
      region: textOf(one.AwsRegion) ?? region,
      mode: mode ?? 'bidirectional',
      exclusions,
    };
  });
}

const blockModes: Readonly<Record<string, PublicAccessBlock['mode']>> = {
  off: 'off',
  'block-ingress': 'ingress',
  'block-bidirectional': 'bidirectional',
};
