import { obstruct, throughState } from './arrive.ts';
import { throughAcl, throughGroups } from './filters.ts';
import { throughFirewall } from './firewall.ts';
import {
  anyOf,
  dead,
  type Flow,
  nothing,
  type Result,
  step,
  stopAt,
  unsure,
  untold,
  type Walk,
  watch,
} from './flow.ts';
import { viaGatewayEndpoint } from './gateways.ts';
import { fromSubnet, intoSubnet } from './routing.ts';

/**
 * A route to an interface: an appliance that takes what is not addressed to it and sends it on. `from` is the subnet
 * that the packet stands in; null when it comes from a gateway.
 */
export function throughBox(walk: Walk, flow: Flow, id: string, from: string | null): Result {
  const { index } = walk.compiled;
  const device = index.get('interface', id);
  if (device === null) return untold(walk, flow, `interface ${id}`);
  const subnet = index.get('subnet', device.subnet);
  if (subnet === null) return untold(walk, flow, `subnet ${device.subnet}`);
  if (flow.destination !== 'client') watch(walk, flow.destination, flow.destination, flow.destination + 1);
  const space = index.space(flow.family);
  const own = device.addresses.map((one) => one.private).filter(({ family }) => family === flow.family);
  if (own.some((address) => space.at(address) === flow.destination))
    return intoSubnet(walk, flow, subnet, from);
  const name = device.instance ?? device.id;
  if (wasAt(flow, name) || hasTranslated(flow, device.id)) return dead(walk, flow, () => circle(name));
  const there = from === subnet.id ? flow : throughAcl(walk, flow, subnet.id, 'in');
  if (there === null) return nothing;
  const ready = throughState(walk, step(walk, there, 'interface', device.id), device);
  if (ready === null) return nothing;
  const unchecked = device.hasSourceDestCheck
    ? obstruct(walk, ready, () =>
        stopAt(
          'interface',
          device.id,
          'source-dest-check',
          'ENI_SOURCE_DEST_CHECK_RESTRICTION',
          `${device.id} checks source and destination, so it takes nothing that is addressed to others.`,
          device.instance === null ? [] : [device.instance],
        ),
      )
    : ready;
  if (unchecked === null) return nothing;
  if (flow.phase === 'reply') return fromSubnet(walk, boxed(unchecked, name), subnet.id);
  const admitted = throughGroups(walk, unchecked, device, device.groups, 'in');
  const inside = admitted && boxed({ ...admitted, groupVpc: null, viaGroups: [] }, name);
  const sent = inside && throughGroups(walk, inside, device, device.groups, 'out');
  if (sent === null) return nothing;
  const plain = fromSubnet(walk, sent, subnet.id);
  return anyOf(walk, [plain, ...translated(walk, sent, device.id, own[0] && space.at(own[0]), subnet.id)]);
}

// The appliance may as well put its own address in front, as a NAT instance does: only its software knows.
function translated(
  walk: Walk,
  flow: Flow,
  device: string,
  own: number | undefined,
  subnet: string,
): Result[] {
  const { kind } = flow.origin;
  if (own === undefined || flow.source === 'client') return [];
  if (kind !== 'interface' && kind !== 'subnet' && kind !== 'vpc') return [];
  const unknown = unsure(walk, flow, `whether ${device} translates addresses`);
  const sessions = { head: { interface: device, inner: flow.source }, tail: flow.sessions };
  // What only the appliance's ports get back by comes back to the appliance, so it is not a box of the reply.
  return [fromSubnet(walk, { ...unknown, source: own, sessions, boxes: flow.boxes.slice(0, -1) }, subnet)];
}

/** A route to an endpoint: of a gateway load balancer or firewall, which hands the packet back, or of a service. */
export function throughEndpoint(
  walk: Walk,
  flow: Flow,
  id: string,
  vpc: string,
  from: string | null,
): Result {
  const { index } = walk.compiled;
  const endpoint = index.get('endpoint', id);
  if (endpoint === null) return untold(walk, flow, `endpoint ${id}`);
  const noted = step(walk, flow, 'endpoint', id);
  if (endpoint.state === 'down') return dead(walk, noted, () => badState(id));
  const ready = endpoint.state === 'unknown' ? unsure(walk, noted, `the state of ${id}`) : noted;
  if (endpoint.type === 'gateway') return viaGatewayEndpoint(walk, ready, vpc, id);
  if (endpoint.type === 'interface')
    return dead(walk, ready, () =>
      stopAt(
        'endpoint',
        id,
        'bad-state',
        'CANNOT_ROUTE',
        `${id} is an interface endpoint; nothing is routed through it.`,
      ),
    );
  const subnet = endpoint.subnets[0];
  if (subnet === undefined) return untold(walk, ready, `the subnet of ${id}`);
  if (flow.destination !== 'client') watch(walk, flow.destination, flow.destination, flow.destination + 1);
  if (wasAt(flow, id)) return dead(walk, ready, () => circle(id));
  const there = from === subnet ? ready : throughAcl(walk, ready, subnet, 'in');
  const inspected =
    there && throughFirewall(walk, { ...boxed(there, id), groupVpc: null, viaGroups: [] }, endpoint);
  return inspected === null ? nothing : fromSubnet(walk, inspected, subnet);
}

function boxed(flow: Flow, name: string): Flow {
  return flow.phase === 'reply'
    ? { ...flow, replyBoxes: [...flow.replyBoxes, name] }
    : { ...flow, boxes: [...flow.boxes, name] };
}

function wasAt(flow: Flow, name: string): boolean {
  return (flow.phase === 'reply' ? flow.replyBoxes : flow.boxes).includes(name);
}

// A translator that is met again before its own translation was undone would only do the same once more.
function hasTranslated(flow: Flow, device: string): boolean {
  if (flow.phase === 'reply') return false;
  for (let link = flow.sessions; link !== null; link = link.tail)
    if (link.head.interface === device) return true;
  return false;
}

function circle(name: string) {
  return stopAt(
    'other',
    name,
    'loop',
    'NO_POSSIBLE_DESTINATION',
    `The routes lead back to ${name} in a circle.`,
  );
}

function badState(id: string) {
  return stopAt('endpoint', id, 'bad-state', 'BAD_STATE', `${id} is not available.`);
}
