import { formatAddress } from '../../../model/address.ts';
import type { Interface, Subnet, VpnGateway } from '../../../model/network.ts';
import { blocksMap } from '../compile-acl.ts';
import { allPorts, noPorts } from '../port-set.ts';
import { constantMap, everybody, nobody, subtractMaps, valueAt } from '../source-map.ts';
import { obstruct, throughState } from './arrive.ts';
import { throughGroups } from './filters.ts';
import {
  anyOf,
  dead,
  type Flow,
  mapFor,
  nameOf,
  nothing,
  pass,
  type Result,
  step,
  stopAt,
  unsure,
  type Walk,
} from './flow.ts';
import { privateMap, throughEdgeState } from './gateways.ts';
import { throughBox, throughEndpoint } from './middlebox.ts';
import { blocksPublicAccess } from './public-access.ts';
import { follow, fromSubnet, subnetAt, toRouter } from './routing.ts';
import { intoTransit } from './transit.ts';

/** A packet on the internet, for a public address. */
export function enterInternet(walk: Walk, flow: Flow): Result {
  const { index } = walk.compiled;
  const { destination } = flow;
  if (destination === 'client') return nothing;
  const space = index.space(flow.family);
  const text = formatAddress(space.addressOf(destination));
  const there = step(walk, flow, 'internet', 'internet');
  const owners = index.find('interface', `public:${text}`);
  if (owners.length === 0) {
    const { owner } = flow;
    const fix =
      owner === null
        ? {}
        : { fix: { kind: 'public', interface: owner, at: nameOf(walk, flow, destination) } as const };
    return dead(walk, there, () => ({ ...noSuchAddress(nameOf(walk, flow, destination)), ...fix }));
  }
  return anyOf(
    walk,
    owners.map((device) => {
      const address = device.addresses.find((one) => {
        const outside = one.private.family === 6 ? one.private : one.public;
        return outside !== null && formatAddress(outside) === text;
      });
      if (!address) return nothing;
      return enterNetwork(walk, { ...there, destination: space.at(address.private) }, device);
    }),
  );
}

function enterNetwork(walk: Walk, flow: Flow, device: Interface): Result {
  const gateways = gatewaysOf(walk, device.vpc);
  if (gateways.length === 0) {
    return dead(walk, flow, () =>
      stopAt(
        'vpc',
        device.vpc,
        'no-such-public-ip',
        'NO_POSSIBLE_DESTINATION',
        `${device.vpc} has no internet gateway.`,
      ),
    );
  }
  return anyOf(
    walk,
    gateways.map((id) => enterInternetGateway(walk, flow, id, device.vpc)),
  );
}

/** Internet gateways of a VPC: attached to it, or routed to by it without being among the documents. */
export function gatewaysOf(walk: Walk, vpc: string): string[] {
  const { index } = walk.compiled;
  const attached = index.find('internetGateway', `internet:${vpc}`).map(({ id }) => id);
  const routed = index
    .find('routeTable', `tables:${vpc}`)
    .flatMap(({ routes }) => routes)
    .filter(({ target, isBlackhole }) => target.kind === 'internetGateway' && !isBlackhole)
    .map(({ target }) => target.id)
    .filter((id) => index.get('internetGateway', id) === null);
  return [...new Set([...attached, ...routed])];
}

/** A packet at the internet gateway of a VPC, already for the private address behind the public one. */
export function enterInternetGateway(walk: Walk, flow: Flow, id: string, vpc: string): Result {
  const { index } = walk.compiled;
  const ready = throughEdgeState(walk, flow, index.get('internetGateway', id), id, vpc);
  if (ready === null) return nothing;
  if (flow.phase === 'reply') return routeAtEdge(walk, ready, id, vpc, true);
  const { origin } = ready;
  const open = throughPublicSource(walk, ready, id);
  const allowed = open && throughPublicAccess(walk, open, id, vpc);
  if (allowed === null) return nothing;
  const known = origin.kind === 'internet' ? { ...allowed, origin: { ...origin, gateway: id } } : allowed;
  return routeAtEdge(walk, known, id, vpc, true);
}

function throughPublicSource(walk: Walk, flow: Flow, id: string): Flow | null {
  const { index } = walk.compiled;
  const open = subtractMaps(everybody, privateMap(walk, flow), index.sets);
  const seen = mapFor(walk, open, flow.source);
  return pass(walk, flow, {
    lower: seen,
    upper: seen,
    unknown: () => '',
    stop: () =>
      stopAt(
        'internetGateway',
        id,
        'igw-private-source',
        'IGW_SOURCE_ADDRESS_NOT_IN_RFC1918_INGRESS',
        `${id} takes nothing from the private address ${nameOf(walk, flow, flow.source)}.`,
      ),
  });
}

function throughPublicAccess(walk: Walk, flow: Flow, id: string, vpc: string): Flow | null {
  const { destination } = flow;
  const subnet = destination === 'client' ? null : subnetAt(walk, flow, vpc, destination);
  if (subnet === null || !blocksPublicAccess(walk.compiled.index, subnet, 'in')) return flow;
  return obstruct(walk, flow, () =>
    stopAt(
      'publicAccessBlock',
      id,
      'public-access-block',
      'VPC_BLOCK_PUBLIC_ACCESS_ENABLED',
      `The account blocks internet traffic into ${subnet.id}.`,
      [vpc, subnet.id],
    ),
  );
}

// A gateway with a table of its own may send what comes in through an appliance first.
function routeAtEdge(walk: Walk, flow: Flow, id: string, vpc: string, isPublic: boolean): Result {
  const { index } = walk.compiled;
  const table = index.find('routeTable', `table:${id}`)[0];
  if (!table) return toRouter(walk, flow, vpc);
  return follow(walk, flow, table, (next, route) => {
    if (route === null || route.isBlackhole) return dead(walk, next, () => noEdgeRoute(table.id, id));
    const noted = step(walk, next, 'routeTable', table.id);
    const { kind, id: target } = route.target;
    if (kind === 'local') return toRouter(walk, noted, vpc);
    if (kind === 'endpoint') return throughEndpoint(walk, noted, target, vpc, null);
    if (kind !== 'interface') return dead(walk, noted, () => noEdgeRoute(table.id, id));
    const open = isPublic ? throughPublicBox(walk, noted, target) : noted;
    return open === null ? nothing : throughBox(walk, open, target, null);
  });
}

function throughPublicBox(walk: Walk, flow: Flow, device: string): Flow | null {
  const box = walk.compiled.index.get('interface', device);
  if (flow.family === 6 || box === null || box.addresses.some((one) => one.public !== null)) return flow;
  return obstruct(walk, flow, () =>
    stopAt(
      'interface',
      device,
      'middlebox-no-public-ip',
      'INGRESS_RTB_NO_PUBLIC_IP',
      `Traffic from the internet is routed to ${device}, which has no public address.`,
      box.instance === null ? [] : [box.instance],
    ),
  );
}

/** A packet out of a peering connection, into one of its VPCs. */
export function enterPeering(walk: Walk, flow: Flow, id: string, vpc: string): Result {
  const { index } = walk.compiled;
  const peering = index.get('peering', id);
  const noted = step(walk, flow, 'peering', id);
  if (peering === null) return toRouter(walk, unsure(walk, noted, `peering connection ${id}`), vpc);
  if (peering.state === 'down')
    return dead(walk, noted, () => stopAt('peering', id, 'bad-state', 'BAD_STATE', `${id} is not active.`));
  const ready = peering.state === 'unknown' ? unsure(walk, noted, `the state of ${id}`) : noted;
  const far = peering.sides.find((side) => side.vpc !== vpc);
  const map = far?.cidrs ? blocksMap(far.cidrs, allPorts, index.space(flow.family)) : null;
  const seen = map === null ? everybody : mapFor(walk, map, flow.source);
  const passed = pass(walk, ready, {
    lower: map === null ? nobody : seen,
    upper: seen,
    unknown: () => `the addresses behind ${id}`,
    stop: () =>
      stopAt(
        'peering',
        id,
        'peer-address',
        'PCX_REQUIRES_ADDRESS_IN_VPC_CIDR',
        `${nameOf(walk, flow, flow.source)} is no address of the VPC behind ${id}.`,
      ),
  });
  if (passed === null) return nothing;
  return toRouter(walk, { ...passed, groupVpc: far?.vpc ?? `unseen ${id}` }, vpc);
}

/** A packet out of a virtual private gateway, from premises into its VPC. */
export function enterVpn(walk: Walk, flow: Flow, gateway: VpnGateway | string, vpc: string): Result {
  const { index } = walk.compiled;
  const id = typeof gateway === 'string' ? gateway : gateway.id;
  const ready = throughEdgeState(walk, flow, index.get('vpnGateway', id), id, vpc, 'vpnGateway');
  if (ready === null) return nothing;
  const { destination } = ready;
  const inside = walk.compiled.inside('vpc', vpc, flow.family);
  if (
    destination === 'client' ||
    (valueAt(inside, destination) === noPorts && index.get('vpc', vpc) !== null)
  )
    return dead(walk, ready, () =>
      stopAt(
        'vpnGateway',
        id,
        'no-route',
        'NO_ROUTE_TO_DESTINATION',
        `${id} only leads to addresses of ${vpc}, and ${nameOf(walk, flow, destination)} is none.`,
        [vpc],
      ),
    );
  return routeAtEdge(walk, { ...ready, groupVpc: null }, id, vpc, false);
}

/** A packet out of a transit gateway attachment, on its way through the gateway's tables. */
export function enterTransit(walk: Walk, flow: Flow, gateway: string, attachment: string): Result {
  return intoTransit(walk, flow, gateway, attachment, null);
}

/** A packet sent by an interface from one of its addresses. */
export function sendFrom(walk: Walk, flow: Flow, device: Interface): Result {
  const from = device.instance === null ? flow : step(walk, flow, 'instance', device.instance);
  const noted = step(walk, from, 'interface', device.id);
  const ready = throughState(walk, noted, device);
  if (ready === null) return nothing;
  const isUnfiltered = device.type !== 'interface' && device.groups.length === 0;
  const sent = isUnfiltered ? ready : throughGroups(walk, ready, device, device.groups, 'out');
  return sent === null ? nothing : fromSubnet(walk, sent, device.subnet);
}

/** A packet in a subnet, from an address that no interface needs to have. */
export function sendFromSubnet(walk: Walk, flow: Flow, subnet: Subnet): Result {
  return fromSubnet(walk, step(walk, flow, 'subnet', subnet.id), subnet.id);
}

/** A flow at its very start: nothing passed yet, everything asked for still possible. */
export function startFlow(
  given: Pick<
    Flow,
    'family' | 'protocol' | 'source' | 'destination' | 'origin' | 'goal' | 'owner' | 'groupVpc'
  >,
  asked: { readonly ports: number; readonly replyPorts: number },
): Flow {
  const ports = constantMap(asked.ports);
  const replyPorts = constantMap(asked.replyPorts);
  return {
    ...given,
    phase: 'forward',
    lower: ports,
    upper: ports,
    replyLower: replyPorts,
    replyUpper: replyPorts,
    viaGroups: [],
    sessions: null,
    boxes: [],
    replyBoxes: [],
    kept: [],
    hops: 0,
    passed: [],
    chain: 0,
    isProxied: false,
    isClassic: false,
    notes: null,
    asked: asked.ports,
    askedReply: asked.replyPorts,
  };
}

function noSuchAddress(text: string) {
  return stopAt(
    'internet',
    'internet',
    'no-such-public-ip',
    'IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS',
    `${text} is no public address of this network.`,
    ['aws-backbone'],
  );
}

function noEdgeRoute(table: string, gateway: string) {
  return stopAt(
    'routeTable',
    table,
    'no-route',
    'NO_ROUTE_TO_DESTINATION',
    `${table}, which routes what comes in through ${gateway}, does not lead on to the destination.`,
    [gateway],
  );
}
