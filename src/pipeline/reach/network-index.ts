import { type Address, type Cidr, type Family, formatAddress, single } from '../../model/address.ts';
import type {
  Interface,
  Network,
  NetworkChange,
  NetworkKind,
  NetworkObject,
  NetworkObjects,
} from '../../model/network.ts';
import { emptyNetwork, networkKinds } from '../../model/network.ts';
import { type AddressSpace, space4, space6 } from './address-space.ts';
import { PortSets } from './port-set.ts';

/**
 * A network with everything that is asked of it by something other than its id. What an object is found by is its
 * keys (`acl-subnet:subnet-1`); whoever looks a key or an id up while `recorder` is set is written down as
 * depending on it, and a change returns the ids and keys that it made stale. So nothing that is kept needs a hand
 * written list of what could outdate it.
 */
export type NetworkIndex = {
  readonly sets: PortSets;
  readonly space: (family: Family) => AddressSpace;
  /** The object of that kind and id; null where the network does not have it. */
  get<K extends NetworkKind>(kind: K, id: string): NetworkObjects[K] | null;
  /** The objects found by a key. Callers know the kind from the key. */
  find<K extends NetworkKind>(kind: K, key: string): readonly NetworkObjects[K][];
  all<K extends NetworkKind>(kind: K): Iterable<NetworkObjects[K]>;
  /** Replaces or removes one object; returns every id and key that this makes stale. */
  apply(change: NetworkChange): ReadonlySet<string>;
  /** Where look-ups are written down, or null. */
  recorder: Set<string> | null;
};

export function indexNetwork(network: Network): NetworkIndex {
  const objects = emptyNetwork();
  const found = new Map<string, NetworkObject[]>();
  const six = space6(addressBlocks(network));
  const index: NetworkIndex = {
    sets: new PortSets(),
    space: (family) => (family === 4 ? space4 : six),
    get: (kind, id) => {
      index.recorder?.add(id);
      return (objects[kind] as Map<string, NetworkObjects[typeof kind]>).get(id) ?? null;
    },
    find: <K extends NetworkKind>(_kind: K, key: string) => {
      index.recorder?.add(key);
      return (found.get(key) ?? []) as unknown as readonly NetworkObjects[K][];
    },
    all: (kind) => (objects[kind] as Map<string, NetworkObjects[typeof kind]>).values(),
    apply: (change) => {
      const kind = 'put' in change ? change.put.kind : change.remove.kind;
      const id = 'put' in change ? change.put.id : change.remove.id;
      const table = objects[kind] as Map<string, NetworkObject>;
      const stale = new Set<string>([id]);
      const before = table.get(id);
      if (before) for (const key of keysOf(before)) remove(found, key, before, stale);
      if ('put' in change) {
        addBoundaries(six, change.put);
        table.set(id, change.put);
        for (const key of keysOf(change.put)) add(found, key, change.put, stale);
      } else table.delete(id);
      return stale;
    },
    recorder: null,
  };
  for (const kind of networkKinds) {
    const table = objects[kind] as Map<string, NetworkObject>;
    for (const object of network[kind].values()) {
      table.set(object.id, object);
      for (const key of keysOf(object)) {
        const list = found.get(key);
        if (list) list.push(object);
        else found.set(key, [object]);
      }
    }
  }
  for (const list of found.values()) if (list.length > 1) list.sort(byId);
  return index;
}

// An address that an interface has is told apart from its neighbours; blocks of rules are when they are compiled.
function addBoundaries(six: AddressSpace, object: NetworkObject): void {
  if (object.kind !== 'interface') return;
  for (const { private: inside } of object.addresses) if (inside.family === 6) six.range(single(inside));
}

/** The network as it stands in an index. */
export function networkOf(index: NetworkIndex): Network {
  const network = emptyNetwork();
  for (const kind of networkKinds) {
    const table = network[kind] as Map<string, NetworkObject>;
    for (const object of index.all(kind)) table.set(object.id, object);
  }
  return network;
}

/** The key of an interface by one of its private addresses. */
export function addressKey(subnet: string, address: Address): string {
  return `address:${subnet}/${formatAddress(address)}`;
}

// Lists are in the order of their ids, however the network came about: the first of several is always the same.
function byId(a: NetworkObject, b: NetworkObject): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function add(found: Map<string, NetworkObject[]>, key: string, object: NetworkObject, stale: Set<string>) {
  stale.add(key);
  const list = found.get(key) ?? [];
  let at = list.length;
  while (at > 0 && byId(list[at - 1] as NetworkObject, object) > 0) at--;
  found.set(key, list.toSpliced(at, 0, object));
}

function remove(found: Map<string, NetworkObject[]>, key: string, object: NetworkObject, stale: Set<string>) {
  stale.add(key);
  const rest = (found.get(key) ?? []).filter((item) => item !== object);
  if (rest.length > 0) found.set(key, rest);
  else found.delete(key);
}

function keysOf(object: NetworkObject): Iterable<string> {
  return object.kind === 'interface' ? interfaceKeys(object) : new Set(listKeys(object));
}

function listKeys(object: NetworkObject): string[] {
  switch (object.kind) {
    case 'subnet':
      return [`subnets:${object.vpc}`];
    case 'securityGroup':
      return object.rules.flatMap(({ peer }) =>
        peer.kind === 'group' ? [`refers:${peer.id}`] : peer.kind === 'prefixList' ? [`uses:${peer.id}`] : [],
      );
    case 'networkAcl':
      return object.subnets.map((subnet) => `acl:${subnet}`);
    case 'routeTable':
      return [
        ...object.subnets.map((subnet) => `table:${subnet}`),
        ...object.gateways.map((gateway) => `table:${gateway}`),
        ...(object.isMain ? [`main:${object.vpc}`] : []),
        `tables:${object.vpc}`,
        ...object.routes.flatMap(({ destination }) =>
          destination.kind === 'prefixList' ? [`uses:${destination.id}`] : [],
        ),
      ];
    case 'internetGateway':
      return [`internet:${object.vpc}`];
    case 'vpnGateway':
      return [`vpn:${object.vpc}`];
    case 'peering':
      return object.sides.map(({ vpc }) => `peerings:${vpc}`);
    case 'transitAttachment':
      return [
        `attachments:${object.gateway}`,
        `attachment:${object.attachment}`,
        ...(object.type === 'vpc' ? [`attached:${object.resource}`] : []),
      ];
    case 'endpoint':
      return (object.loadBalancers ?? []).map((balancer) => `endpoints:${balancer}`);
    case 'loadBalancer':
      return object.listeners.flatMap(({ targetGroups }) =>
        targetGroups.map((group) => `balancers:${group}`),
      );
    case 'targetGroup':
      return (object.targets ?? []).map((target) => `targeted:${target.id}`);
    case 'publicAccessBlock':
      return ['public-access'];
    default:
      return [];
  }
}

function interfaceKeys(object: Interface): string[] {
  const keys = object.groups.map((group) => `members:${group}`);
  if (object.instance !== null) keys.push(`interfaces:${object.instance}`);
  if (object.owner !== null) keys.push(`interfaces:${object.owner}`);
  for (const address of object.addresses) {
    keys.push(addressKey(object.subnet, address.private), `private:${formatAddress(address.private)}`);
    if (address.private.family === 6) keys.push(`public:${formatAddress(address.private)}`);
    else if (address.public !== null) keys.push(`public:${formatAddress(address.public)}`);
  }
  return keys;
}

// Everything that a rule, route, subnet or interface tells addresses apart by.
function* addressBlocks(network: Network): Iterable<Cidr> {
  for (const { cidrs } of network.vpc.values()) yield* cidrs;
  for (const { cidrs } of network.subnet.values()) yield* cidrs;
  for (const { addresses } of network.interface.values())
    for (const address of addresses) if (address.private.family === 6) yield single(address.private);
  for (const { rules } of network.securityGroup.values())
    for (const { peer } of rules) if (peer.kind === 'cidr') yield peer.cidr;
  for (const { entries } of network.networkAcl.values()) for (const { cidr } of entries) yield cidr;
  for (const { entries } of network.prefixList.values()) yield* entries ?? [];
  for (const { routes } of network.routeTable.values())
    for (const { destination } of routes) if (destination.kind === 'cidr') yield destination.cidr;
  for (const { routes } of network.transitTable.values())
    for (const { destination } of routes) yield destination;
  for (const { sides } of network.peering.values()) for (const { cidrs } of sides) yield* cidrs ?? [];
  for (const { connections } of network.vpnGateway.values())
    for (const { prefixes } of connections) yield* prefixes;
  for (const { rules } of network.firewall.values())
    for (const rule of rules ?? []) {
      yield* rule.sources;
      yield* rule.destinations;
    }
}
