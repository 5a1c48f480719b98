import { fields, textOf } from '../../../lib/fields.ts';
import type { Cidr } from '../../../model/address.ts';
import type {
  Instance,
  Interface,
  InterfaceAddress,
  InterfaceType,
  Subnet,
  Vpc,
} from '../../../model/network.ts';
import { type Collection, type Item, report } from './collection.ts';
import { addressAt, cidrAt, idOf, members, regionOfZone, stateOf } from './values.ts';

/**
 * VPCs with every block that is associated.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html
 */
export function readVpcs(collection: Collection): Vpc[] {
  return collection.items('Vpcs').flatMap((item) => {
    const id = idOf(collection, item, 'VpcId');
    if (id === null) return [];
    const cidrs = [
      ...members(item.fields.CidrBlockAssociationSet)
        .filter((one) => isAssociated(fields(one.CidrBlockState).State))
        .map((one) => one.CidrBlock),
      ...members(item.fields.Ipv6CidrBlockAssociationSet)
        .filter((one) => isAssociated(fields(one.Ipv6CidrBlockState).State))
        .map((one) => one.Ipv6CidrBlock),
    ];
    const all = item.fields.CidrBlockAssociationSet === undefined ? [item.fields.CidrBlock, ...cidrs] : cidrs;
    const account = textOf(item.fields.OwnerId) ?? item.account;
    return [{ kind: 'vpc', id, account, region: item.region, cidrs: blocks(collection, id, all) }];
  });
}

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html */
export function readSubnets(collection: Collection): Subnet[] {
  return collection.items('Subnets').flatMap((item) => {
    const id = idOf(collection, item, 'SubnetId');
    const vpc = idOf(collection, item, 'VpcId');
    if (id === null || vpc === null) return [];
    const six = members(item.fields.Ipv6CidrBlockAssociationSet)
      .filter((one) => isAssociated(fields(one.Ipv6CidrBlockState).State))
      .map((one) => one.Ipv6CidrBlock);
    const four = item.fields.CidrBlock === undefined ? [] : [item.fields.CidrBlock];
    const cidrs = blocks(collection, id, [...four, ...six]);
    return [{ kind: 'subnet', id, vpc, zone: textOf(item.fields.AvailabilityZone), cidrs }];
  });
}

/** The Region of a VPC, where its file does not tell, by the zones of its subnets. */
export function regionByZones(vpc: Vpc, subnets: readonly Subnet[]): Vpc {
  if (vpc.region !== null) return vpc;
  const zone = subnets.find((subnet) => subnet.vpc === vpc.id && subnet.zone !== null)?.zone ?? null;
  return { ...vpc, region: regionOfZone(zone) };
}

/** Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html */
export function readInstances(collection: Collection): Instance[] {
  return instanceItems(collection).flatMap((item) => {
    const id = idOf(collection, item, 'InstanceId');
    if (id === null) return [];
    const tags = members(item.fields.Tags);
    const name = textOf(tags.find((tag) => tag.Key === 'Name')?.Value);
    const state = stateOf(fields(item.fields.State).Name, 'running', 'pending');
    return [{ kind: 'instance', id, account: item.account, name, state }];
  });
}

/**
 * Network interfaces. Where that document is missing, what the instances repeat of theirs has to do.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html
 */
export function readInterfaces(collection: Collection): Interface[] {
  if (collection.has('NetworkInterfaces'))
    return collection.items('NetworkInterfaces').flatMap((item) => readInterface(collection, item, null));
  return instanceItems(collection).flatMap((item) => {
    const instance = textOf(item.fields.InstanceId);
    return members(item.fields.NetworkInterfaces).flatMap((one) =>
      readInterface(collection, { ...item, fields: { ...one } }, instance),
    );
  });
}

function instanceItems(collection: Collection): Item[] {
  const nested = collection.items('Reservations').flatMap((item) =>
    members(item.fields.Instances).map((one) => ({
      ...item,
      fields: one,
      account: textOf(item.fields.OwnerId) ?? item.account,
    })),
  );
  return [...nested, ...collection.items('Instances')];
}

function readInterface(collection: Collection, item: Item, owner: string | null): Interface[] {
  const { fields: own } = item;
  const id = idOf(collection, item, 'NetworkInterfaceId');
  const vpc = textOf(own.VpcId);
  const subnet = textOf(own.SubnetId);
  if (id === null) return [];
  if (vpc === null || subnet === null) {
    report(collection, 'malformed', id, 'the interface has no VPC or no subnet');
    return [];
  }
  const attachment = fields(own.Attachment);
  const description = textOf(own.Description) ?? '';
  return [
    {
      kind: 'interface',
      id,
      account: textOf(own.OwnerId) ?? item.account,
      vpc,
      subnet,
      type: typeOf(textOf(own.InterfaceType), description),
      instance: textOf(attachment.InstanceId) ?? owner,
      isPrimary: (attachment.DeviceIndex ?? 0) === 0,
      owner: ownerOf(description),
      groups: members(own.Groups).flatMap((group) => textOf(group.GroupId) ?? []),
      addresses: addressesOf(collection, id, item),
      hasSourceDestCheck: own.SourceDestCheck !== false,
      state: stateOf(own.Status, 'in-use', 'associated'),
    },
  ];
}

// The association of each private address counts, so an elastic address on a secondary one is found too.
function addressesOf(collection: Collection, id: string, item: Item): InterfaceAddress[] {
  const { fields: own } = item;
  const listed = members(own.PrivateIpAddresses);
  const four = listed.length > 0 ? listed : own.PrivateIpAddress === undefined ? [] : [own];
  const found: InterfaceAddress[] = [];
  for (const one of four) {
    const inner = addressAt(collection, id, one.PrivateIpAddress);
    const outside = fields(one.Association).PublicIp;
    if (inner === null) continue;
    found.push({ private: inner, public: outside === undefined ? null : addressAt(collection, id, outside) });
  }
  for (const one of members(own.Ipv6Addresses)) {
    const inner = addressAt(collection, id, one.Ipv6Address);
    if (inner !== null) found.push({ private: inner, public: null });
  }
  return found;
}

const types: Readonly<Record<string, InterfaceType>> = {
  nat_gateway: 'nat-gateway',
  natgateway: 'nat-gateway',
  network_load_balancer: 'load-balancer',
  load_balancer: 'load-balancer',
  gateway_load_balancer: 'load-balancer',
  vpc_endpoint: 'interface-endpoint',
  gateway_load_balancer_endpoint: 'gateway-load-balancer-endpoint',
  transit_gateway: 'internal',
  lambda: 'internal',
  global_accelerator_managed: 'internal',
  api_gateway_managed: 'internal',
  iot_rules_managed: 'internal',
  quicksight: 'internal',
};

function typeOf(type: string | null, description: string): InterfaceType {
  const known = types[(type ?? '').toLowerCase()];
  if (known) return known;
  return description.startsWith('ELB ') ? 'load-balancer' : 'interface';
}

// Interfaces of services tell whose they are only in their description.
function ownerOf(description: string): string | null {
  if (description.startsWith('ELB ')) return description.slice(4);
  return /\b(?:nat|vpce)-[0-9a-z]{1,40}\b/.exec(description.slice(0, 255))?.[0] ?? null;
}

function isAssociated(state: unknown): boolean {
  return state === undefined || state === 'associated' || state === 'associating';
}

function blocks(collection: Collection, where: string, values: readonly unknown[]): Cidr[] {
  return values.flatMap((value) => cidrAt(collection, where, value) ?? []);
}
