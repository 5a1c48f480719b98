import type { Address, Cidr } from './address.ts';
import type { PortRange } from './network.ts';

/** `may`: something that no document tells decides it; the answer says what. */
export type ReachVerdict = 'reachable' | 'unreachable' | 'may';

/** The names that findings carry for the components of a path: CloudFormation's. */
export const componentTypes = {
  internet: 'Internet',
  premises: 'OnPremises',
  service: 'AWS::Service',
  vpc: 'AWS::EC2::VPC',
  subnet: 'AWS::EC2::Subnet',
  instance: 'AWS::EC2::Instance',
  interface: 'AWS::EC2::NetworkInterface',
  securityGroup: 'AWS::EC2::SecurityGroup',
  networkAcl: 'AWS::EC2::NetworkAcl',
  prefixList: 'AWS::EC2::PrefixList',
  routeTable: 'AWS::EC2::RouteTable',
  internetGateway: 'AWS::EC2::InternetGateway',
  egressOnlyGateway: 'AWS::EC2::EgressOnlyInternetGateway',
  natGateway: 'AWS::EC2::NatGateway',
  peering: 'AWS::EC2::VPCPeeringConnection',
  transitGateway: 'AWS::EC2::TransitGateway',
  transitAttachment: 'AWS::EC2::TransitGatewayAttachment',
  transitTable: 'AWS::EC2::TransitGatewayRouteTable',
  vpnGateway: 'AWS::EC2::VPNGateway',
  endpoint: 'AWS::EC2::VPCEndpoint',
  loadBalancer: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
  classicLoadBalancer: 'AWS::ElasticLoadBalancing::LoadBalancer',
  listener: 'AWS::ElasticLoadBalancingV2::Listener',
  targetGroup: 'AWS::ElasticLoadBalancingV2::TargetGroup',
  firewall: 'AWS::NetworkFirewall::Firewall',
  publicAccessBlock: 'AWS::EC2::VPCBlockPublicAccessOptions',
  other: 'Other',
} as const;

export type ComponentKind = keyof typeof componentTypes;
export type ComponentType = (typeof componentTypes)[ComponentKind];

/** One component that a packet passes, and the exact rule that lets it. */
export type PathStep = {
  readonly componentId: string;
  readonly componentType: ComponentType;
  /** The vendor's rule: its id or number, and its words. Null where the component has no rules. */
  readonly rule: StepRule | null;
  /** On the way there, or on the way back. */
  readonly direction: 'forward' | 'reply';
};

export type StepRule = { readonly id: string | null; readonly text: string };

/** Why and where a packet stops. */
export type Stop = {
  /** As the vendor's path analysis names it. Source: https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html */
  readonly code: string;
  readonly reason: StopReason;
  readonly componentId: string;
  readonly componentType: ComponentType;
  /** One sentence for people. */
  readonly explanation: string;
  /** Every id that the place goes by: the group, its interface, its instance. */
  readonly places: readonly string[];
};

export type StopReason =
  | 'no-such-public-ip'
  | 'no-public-ip'
  | 'no-route'
  | 'return-route'
  | 'blackhole'
  | 'no-subnet'
  | 'unused-ip'
  | 'sg-ingress'
  | 'sg-egress'
  | 'nacl-ingress'
  | 'nacl-egress'
  | 'nacl-return'
  | 'nat-protocol'
  | 'nat-no-session'
  | 'endpoint-protocol'
  | 'no-listener'
  | 'no-healthy-target'
  | 'target-port'
  | 'target-zone'
  | 'igw-private-source'
  | 'igw-private-destination'
  | 'public-access-block'
  | 'peer-address'
  | 'tgw-az-restriction'
  | 'no-association'
  | 'instance-not-running'
  | 'bad-state'
  | 'source-dest-check'
  | 'middlebox-no-public-ip'
  | 'asymmetric-middlebox'
  | 'firewall'
  | 'loop'
  | 'unspecified';

/** What stands on an instance's interface for somebody outside its network. */
export type Exposure = {
  readonly instance: string;
  readonly interface: string;
  /** The private address that is reached, and the public one that it is reached by. */
  readonly address: string;
  readonly publicAddress: string | null;
  readonly edge: string;
  readonly edgeType: ComponentType;
  /** The load balancer or endpoint in between. */
  readonly via: string | null;
  readonly protocol: 'tcp' | 'udp';
  /** Ports of the instance, inclusive, in order. All of them are open to the same sources. */
  readonly ports: readonly (readonly [number, number])[];
  /** Clients, inclusive ranges of addresses in order. */
  readonly sources: readonly (readonly [string, string])[];
  readonly verdict: 'reachable' | 'may';
  readonly path: readonly PathStep[];
  /** Appliances that the traffic passes, which may still drop it. */
  readonly inspectedBy: readonly string[];
  /** For `may`: what is not known. */
  readonly unknown: readonly string[];
};

/** Where a packet starts. */
export type Source =
  /** `address` null: anybody. */
  | { readonly kind: 'internet'; readonly address: Address | null }
  /** Any client of the block, wherever it stands. */
  | { readonly kind: 'cidr'; readonly cidr: Cidr }
  | { readonly kind: 'address'; readonly address: Address }
  | { readonly kind: 'instance'; readonly id: string }
  | { readonly kind: 'interface'; readonly id: string }
  | { readonly kind: 'subnet' | 'vpc'; readonly id: string; readonly address: Address | null }
  | { readonly kind: 'vpnGateway'; readonly id: string; readonly address: Address | null }
  | { readonly kind: 'peering'; readonly id: string; readonly address: Address | null }
  /** The id of the attachment, or of its transit gateway: any VPN attachment of it. */
  | { readonly kind: 'transitAttachment'; readonly id: string; readonly address: Address | null };

export type Destination =
  | { readonly kind: 'instance'; readonly id: string }
  | { readonly kind: 'interface'; readonly id: string }
  | { readonly kind: 'address'; readonly address: Address };

export type Question = {
  readonly from: Source;
  readonly to: Destination;
  /** IP protocol number; null: some protocol. */
  readonly protocol: number | null;
  /** Some port of these; null: any. ICMP: type × 256 + code. */
  readonly ports: readonly PortRange[] | null;
  /** Some port of the client; null: 1024 to 65535. */
  readonly sourcePorts: readonly PortRange[] | null;
  /** Only the way there counts, not the reply. */
  readonly isOneWay: boolean;
};

export type Answer = {
  readonly verdict: ReachVerdict;
  /** As far as the packet gets. */
  readonly path: readonly PathStep[];
  /** Null when reachable. */
  readonly stop: Stop | null;
  /** Everything that stands in the way on that path, the first in front. */
  readonly blockers: readonly Stop[];
  readonly inspectedBy: readonly string[];
  readonly unknown: readonly string[];
  /** Ports of the question at which it is so, with the protocol they belong to. */
  readonly open: { readonly protocol: number; readonly ports: readonly (readonly [number, number])[] } | null;
};

/**
 * What the network as a whole lets through to a machine. `internet`: anybody can reach a port of it; `inside`: only
 * somebody in a network that is joined to its own; `none`: proven that nobody outside its network can; `unknown`:
 * something that no document tells decides it.
 */
export const networkStates = ['internet', 'inside', 'none', 'unknown'] as const;
export type NetworkState = (typeof networkStates)[number];
