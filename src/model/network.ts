import type { Address, Cidr, Family } from './address.ts';

/**
 * A network as it is configured, in words that no vendor owns. Rules, entries and routes stand one-to-one beside the
 * vendor's own, so that an explanation can point back at the exact one. What a document did not tell is `null` or
 * `unknown`; an id that leads nowhere is an unknown too, and never counts as closed.
 */
export type Network = { readonly [K in NetworkKind]: ReadonlyMap<string, NetworkObjects[K]> };

export type NetworkObjects = {
  readonly vpc: Vpc;
  readonly subnet: Subnet;
  readonly instance: Instance;
  readonly interface: Interface;
  readonly securityGroup: SecurityGroup;
  readonly networkAcl: NetworkAcl;
  readonly prefixList: PrefixList;
  readonly routeTable: RouteTable;
  readonly internetGateway: InternetGateway;
  readonly egressOnlyGateway: EgressOnlyGateway;
  readonly natGateway: NatGateway;
  readonly peering: Peering;
  readonly transitGateway: TransitGateway;
  readonly transitAttachment: TransitAttachment;
  readonly transitTable: TransitTable;
  readonly vpnGateway: VpnGateway;
  readonly endpoint: Endpoint;
  readonly loadBalancer: LoadBalancer;
  readonly targetGroup: TargetGroup;
  readonly firewall: Firewall;
  readonly publicAccessBlock: PublicAccessBlock;
};

export type NetworkKind = keyof NetworkObjects;
export type NetworkObject = NetworkObjects[NetworkKind];

/** One object put in place of the one of its kind and id, or taken away. */
export type NetworkChange =
  | { readonly put: NetworkObject }
  | { readonly remove: { readonly kind: NetworkKind; readonly id: string } };

export const networkKinds = [
  'vpc',
  'subnet',
  'instance',
  'interface',
  'securityGroup',
  'networkAcl',
  'prefixList',
  'routeTable',
  'internetGateway',
  'egressOnlyGateway',
  'natGateway',
  'peering',
  'transitGateway',
  'transitAttachment',
  'transitTable',
  'vpnGateway',
  'endpoint',
  'loadBalancer',
  'targetGroup',
  'firewall',
  'publicAccessBlock',
] as const satisfies readonly NetworkKind[];

/** Whether a component works: `unknown` where no document says. */
export type ComponentState = 'up' | 'down' | 'unknown';

export type Vpc = {
  readonly kind: 'vpc';
  readonly id: string;
  readonly account: string | null;
  readonly region: string | null;
  readonly cidrs: readonly Cidr[];
};

export type Subnet = {
  readonly kind: 'subnet';
  readonly id: string;
  readonly vpc: string;
  /** Availability zone. */
  readonly zone: string | null;
  readonly cidrs: readonly Cidr[];
};

export type Instance = {
  readonly kind: 'instance';
  readonly id: string;
  readonly account: string | null;
  readonly name: string | null;
  readonly state: ComponentState;
};

export type InterfaceType =
  | 'interface'
  | 'load-balancer'
  | 'nat-gateway'
  | 'interface-endpoint'
  | 'gateway-load-balancer-endpoint'
  /** Belongs to a service and takes no connections of its own. */
  | 'internal';

export type Interface = {
  readonly kind: 'interface';
  readonly id: string;
  readonly account: string | null;
  readonly vpc: string;
  readonly subnet: string;
  readonly type: InterfaceType;
  readonly instance: string | null;
  /** First interface of its instance: the one that targets registered by instance id use. */
  readonly isPrimary: boolean;
  /** The load balancer, NAT gateway or endpoint that it belongs to. */
  readonly owner: string | null;
  readonly groups: readonly string[];
  readonly addresses: readonly InterfaceAddress[];
  /** Drops what is not addressed to it, or not sent from it. */
  readonly hasSourceDestCheck: boolean;
  readonly state: ComponentState;
};

/** An address of an interface. `public` is its IPv4 association; an IPv6 address is public by itself. */
export type InterfaceAddress = { readonly private: Address; readonly public: Address | null };

export type SecurityGroup = {
  readonly kind: 'securityGroup';
  readonly id: string;
  readonly vpc: string | null;
  readonly rules: readonly GroupRule[];
};

export type GroupRule = {
  /** The vendor's id, where it was told. */
  readonly id: string | null;
  readonly direction: 'in' | 'out';
  /** IP protocol number; null for all. */
  readonly protocol: number | null;
  /** Null for all. ICMP: type × 256 + code. */
  readonly ports: PortRange | null;
  readonly peer: Peer;
};

export type PortRange = { readonly from: number; readonly to: number };

export type Peer =
  | { readonly kind: 'cidr'; readonly cidr: Cidr }
  | { readonly kind: 'prefixList'; readonly id: string }
  | { readonly kind: 'group'; readonly id: string };

export type NetworkAcl = {
  readonly kind: 'networkAcl';
  readonly id: string;
  readonly vpc: string;
  readonly subnets: readonly string[];
  /** In any order; the lowest number of a direction wins, and what nothing matches is denied. */
  readonly entries: readonly AclEntry[];
};

export type AclEntry = {
  readonly number: number;
  readonly direction: 'in' | 'out';
  readonly isAllow: boolean;
  readonly protocol: number | null;
  readonly ports: PortRange | null;
  readonly cidr: Cidr;
};

export type PrefixList = {
  readonly kind: 'prefixList';
  readonly id: string;
  readonly name: string | null;
  /** Null where the entries were not told. */
  readonly entries: readonly Cidr[] | null;
};

export type RouteTable = {
  readonly kind: 'routeTable';
  readonly id: string;
  readonly vpc: string;
  readonly isMain: boolean;
  readonly subnets: readonly string[];
  /** Internet and VPN gateways whose incoming traffic it routes. */
  readonly gateways: readonly string[];
  readonly routes: readonly Route[];
};

export type Route = {
  readonly destination: RouteDestination;
  readonly target: RouteTarget;
  readonly isBlackhole: boolean;
  readonly isPropagated: boolean;
};

export type RouteDestination =
  | { readonly kind: 'cidr'; readonly cidr: Cidr }
  | { readonly kind: 'prefixList'; readonly id: string };

export type RouteTargetKind =
  | 'local'
  | 'internetGateway'
  | 'egressOnlyGateway'
  | 'natGateway'
  | 'peering'
  | 'transitGateway'
  | 'vpnGateway'
  | 'interface'
  | 'endpoint'
  /** Core network, carrier or local gateway, or a kind that is new to us: leads where nothing is known. */
  | 'other';

export type RouteTarget = { readonly kind: RouteTargetKind; readonly id: string };

export type InternetGateway = EdgeGateway<'internetGateway'>;
export type EgressOnlyGateway = EdgeGateway<'egressOnlyGateway'>;

type EdgeGateway<K> = {
  readonly kind: K;
  readonly id: string;
  readonly vpc: string | null;
  readonly state: ComponentState;
};

export type NatGateway = {
  readonly kind: 'natGateway';
  readonly id: string;
  readonly vpc: string | null;
  /** Null for a regional gateway, which stands in no subnet. */
  readonly subnet: string | null;
  readonly state: ComponentState;
  readonly interfaces: readonly string[];
};

export type Peering = {
  readonly kind: 'peering';
  readonly id: string;
  readonly state: ComponentState;
  readonly sides: readonly [PeeringSide, PeeringSide];
};

export type PeeringSide = {
  readonly vpc: string | null;
  /** Null where they were not told. */
  readonly cidrs: readonly Cidr[] | null;
};

export type TransitGateway = {
  readonly kind: 'transitGateway';
  readonly id: string;
  readonly state: ComponentState;
  readonly hasGroupReferencing: boolean;
};

export type TransitAttachment = {
  readonly kind: 'transitAttachment';
  /** `attachment@gateway`: the two ends of a peering carry the same attachment id. */
  readonly id: string;
  readonly attachment: string;
  readonly gateway: string;
  readonly type: 'vpc' | 'vpn' | 'directConnect' | 'peering' | 'other';
  /** The VPC, VPN connection, Direct Connect gateway or other transit gateway. */
  readonly resource: string;
  readonly subnets: readonly string[];
  /** The table that routes what comes from here. Null: none. */
  readonly table: string | null;
  readonly state: ComponentState;
  readonly hasApplianceMode: boolean;
  readonly hasGroupReferencing: boolean;
};

export type TransitTable = {
  readonly kind: 'transitTable';
  readonly id: string;
  readonly gateway: string;
  readonly routes: readonly TransitRoute[];
  /** Where routes may exist that were not told: nowhere, where no known route leads, or anywhere. */
  readonly untold: 'none' | 'gaps' | 'anywhere';
};

export type TransitRoute = {
  readonly destination: Cidr;
  /** Bare attachment ids; several share the load. */
  readonly attachments: readonly string[];
  readonly isBlackhole: boolean;
  readonly isPropagated: boolean;
};

export type VpnGateway = {
  readonly kind: 'vpnGateway';
  readonly id: string;
  readonly vpc: string | null;
  readonly state: ComponentState;
  readonly connections: readonly PremisesConnection[];
};

/** A VPN or Direct Connect line from a gateway to somewhere outside. */
export type PremisesConnection = {
  readonly id: string;
  readonly type: 'vpn' | 'directConnect';
  readonly state: ComponentState;
  /** What is known to lie behind it. */
  readonly prefixes: readonly Cidr[];
  /** False where a routing protocol may have told more. */
  readonly isComplete: boolean;
};

export type Endpoint = {
  readonly kind: 'endpoint';
  readonly id: string;
  readonly vpc: string | null;
  readonly type: 'gateway' | 'interface' | 'gatewayLoadBalancer';
  readonly state: ComponentState;
  readonly subnets: readonly string[];
  readonly interfaces: readonly string[];
  readonly service: string | null;
  /** Load balancers of the service; null where the service is not ours to see. */
  readonly loadBalancers: readonly string[] | null;
  /** The network firewall that it leads into. */
  readonly firewall: string | null;
};

export type LoadBalancer = {
  readonly kind: 'loadBalancer';
  readonly id: string;
  readonly name: string;
  readonly type: 'application' | 'network' | 'gateway' | 'classic';
  readonly vpc: string | null;
  readonly state: ComponentState;
  readonly groups: readonly string[];
  readonly zones: readonly string[];
  /** Null where it was not told. */
  readonly isCrossZone: boolean | null;
  readonly listeners: readonly Listener[];
};

export type Listener = {
  readonly id: string;
  readonly port: number;
  /** IP protocol numbers that it takes: 6, 17 or both. */
  readonly protocols: readonly number[];
  /** Every group that some action forwards to. */
  readonly targetGroups: readonly string[];
};

export type TargetGroup = {
  readonly kind: 'targetGroup';
  readonly id: string;
  readonly name: string;
  readonly vpc: string | null;
  readonly targetType: 'instance' | 'ip' | 'loadBalancer' | 'other';
  /** Addresses that targets registered by instance are reached by, whatever the client's are. */
  readonly family: Family;
  readonly preservesClient: boolean;
  /** Null: as the load balancer says. */
  readonly isCrossZone: boolean | null;
  /** Null where they were not told. */
  readonly targets: readonly Target[] | null;
};

export type Target = {
  /** Instance id, address or load balancer, by the group's target type. */
  readonly id: string;
  readonly address: Address | null;
  readonly port: number;
};

/** A network firewall. Its stateless rules are exact; what goes on to the stateful engine may pass or not. */
export type Firewall = {
  readonly kind: 'firewall';
  readonly id: string;
  /** In the order of evaluation; null where the policy was not told. */
  readonly rules: readonly FirewallRule[] | null;
  readonly defaultAction: FirewallAction;
  /** What the stateful engine does with what reaches it. */
  readonly stateful: 'pass' | 'unknown';
};

export type FirewallAction = 'pass' | 'drop' | 'forward';

export type FirewallRule = {
  readonly id: string;
  readonly action: FirewallAction;
  /** Empty lists match everything. */
  readonly protocols: readonly number[];
  readonly sources: readonly Cidr[];
  readonly destinations: readonly Cidr[];
  readonly sourcePorts: readonly PortRange[];
  readonly destinationPorts: readonly PortRange[];
};

/** The account-wide block of internet traffic, with its exceptions. */
export type PublicAccessBlock = {
  readonly kind: 'publicAccessBlock';
  readonly id: string;
  /** Null: every account and Region of this network. */
  readonly account: string | null;
  readonly region: string | null;
  readonly mode: 'off' | 'ingress' | 'bidirectional';
  readonly exclusions: readonly { readonly resource: string; readonly mode: 'bidirectional' | 'egress' }[];
};

/** A network of nothing, to build on. */
export function emptyNetwork(): { [K in NetworkKind]: Map<string, NetworkObjects[K]> } {
  return Object.fromEntries(networkKinds.map((kind) => [kind, new Map()])) as unknown as {
    [K in NetworkKind]: Map<string, NetworkObjects[K]>;
  };
}
