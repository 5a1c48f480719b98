import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A small VPC for tests: machines in one subnet with a way to the internet. */
export type TestNetwork = {
  readonly machines: readonly {
    readonly id: string;
    readonly group: string;
    readonly publicAddress: string | null;
  }[];
  /** Security group to TCP ports that it opens to a block. */
  readonly groups: Readonly<Record<string, readonly (readonly [port: number, block: string])[]>>;
};

const owner = { OwnerId: '111122223333' };
const anywhere = { Ipv6Ranges: [], PrefixListIds: [], UserIdGroupPairs: [] };

/** Writes the describe-* documents of the network, each replaced as a whole. */
export function writeNetwork(folder: string, { machines, groups }: TestNetwork): void {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, list: readonly object[]) => {
    writeFileSync(join(folder, `${name}.tmp`), JSON.stringify({ [name]: list }));
    renameSync(join(folder, `${name}.tmp`), join(folder, `${name}.json`));
  };
  write('Vpcs', [
    {
      ...owner,
      VpcId: 'vpc-1',
      State: 'available',
      CidrBlock: '10.0.0.0/16',
      CidrBlockAssociationSet: [{ CidrBlock: '10.0.0.0/16', CidrBlockState: { State: 'associated' } }],
    },
  ]);
  write('Subnets', [
    {
      ...owner,
      SubnetId: 'subnet-1',
      VpcId: 'vpc-1',
      State: 'available',
      CidrBlock: '10.0.1.0/24',
      AvailabilityZone: 'eu-central-1a',
      Ipv6CidrBlockAssociationSet: [],
    },
  ]);
  write('InternetGateways', [
    { ...owner, InternetGatewayId: 'igw-1', Attachments: [{ State: 'available', VpcId: 'vpc-1' }] },
  ]);
  write('NetworkAcls', [
    {
      ...owner,
      NetworkAclId: 'acl-1',
      VpcId: 'vpc-1',
      IsDefault: true,
      Associations: [{ NetworkAclAssociationId: 'aclassoc-1', NetworkAclId: 'acl-1', SubnetId: 'subnet-1' }],
      Entries: [true, false].map((Egress) => ({
        CidrBlock: '0.0.0.0/0',
        Egress,
        Protocol: '-1',
        RuleAction: 'allow',
        RuleNumber: 100,
      })),
    },
  ]);
  write('RouteTables', [
    {
      ...owner,
      RouteTableId: 'rtb-1',
      VpcId: 'vpc-1',
      PropagatingVgws: [],
      Associations: [{ Main: true, RouteTableAssociationId: 'rtbassoc-1', RouteTableId: 'rtb-1' }],
      Routes: [
        { DestinationCidrBlock: '10.0.0.0/16', GatewayId: 'local', State: 'active' },
        { DestinationCidrBlock: '0.0.0.0/0', GatewayId: 'igw-1', State: 'active' },
      ],
    },
  ]);
  write(
    'NetworkInterfaces',
    machines.map(({ id, group, publicAddress }, at) => {
      const association = publicAddress
        ? { Association: { IpOwnerId: 'amazon', PublicIp: publicAddress } }
        : {};
      const address = `10.0.1.${10 + at}`;
      return {
        ...owner,
        ...association,
        NetworkInterfaceId: id.replace(/^i-/, 'eni-'),
        InterfaceType: 'interface',
        Status: 'in-use',
        SubnetId: 'subnet-1',
        VpcId: 'vpc-1',
        SourceDestCheck: true,
        Groups: [{ GroupId: group, GroupName: group }],
        Attachment: { DeviceIndex: 0, InstanceId: id, Status: 'attached' },
        PrivateIpAddress: address,
        PrivateIpAddresses: [{ ...association, Primary: true, PrivateIpAddress: address }],
        Ipv6Addresses: [],
      };
    }),
  );
  write('Reservations', [
    {
      ...owner,
      ReservationId: 'r-1',
      Instances: machines.map(({ id, group }) => ({
        InstanceId: id,
        State: { Code: 16, Name: 'running' },
        SubnetId: 'subnet-1',
        VpcId: 'vpc-1',
        SecurityGroups: [{ GroupId: group, GroupName: group }],
        NetworkInterfaces: [{ NetworkInterfaceId: id.replace(/^i-/, 'eni-') }],
        Tags: [{ Key: 'Name', Value: `machine ${id}` }],
      })),
    },
  ]);
  write(
    'SecurityGroups',
    Object.entries(groups).map(([id, rules]) => ({
      ...owner,
      GroupId: id,
      GroupName: id,
      Description: '',
      VpcId: 'vpc-1',
      IpPermissions: rules.map(([port, block]) => ({
        ...anywhere,
        IpProtocol: 'tcp',
        FromPort: port,
        ToPort: port,
        IpRanges: [{ CidrIp: block }],
      })),
      IpPermissionsEgress: [{ ...anywhere, IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    })),
  );
}
