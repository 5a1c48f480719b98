import type { Subnet, TransitAttachment, TransitRoute } from '../../../model/network.ts';
import { transitRouteText } from '../words.ts';
import { enterTransit } from './enter.ts';
import { throughAcl } from './filters.ts';
import {
  allOf,
  arrived,
  dead,
  type Flow,
  hopsMax,
  nameOf,
  nothing,
  type Result,
  step,
  stopAt,
  unsure,
  untold,
  type Walk,
} from './flow.ts';
import { isEdge } from './gateways.ts';
import { finishReply, turned } from './reply.ts';
import { followMap, fromSubnet } from './routing.ts';

/** A packet routed to a transit gateway from a subnet of an attached VPC. */
export function viaTransit(walk: Walk, flow: Flow, from: Subnet, gateway: string): Result {
  const { index } = walk.compiled;
  const noted = step(walk, flow, 'transitGateway', gateway);
  const attachment = index
    .find('transitAttachment', `attached:${from.vpc}`)
    .find((one) => one.gateway === gateway);
  if (!attachment) {
    if (
      index.get('transitGateway', gateway) === null ||
      index.find('transitAttachment', `attachments:${gateway}`).length === 0
    )
      return untold(walk, noted, `the attachments of ${gateway}`);
    return dead(walk, noted, () => badAttachment(gateway, from.vpc));
  }
  const entry = zoneSubnet(walk, attachment, from);
  if (entry === 'unknown') return untold(walk, noted, `the subnets of ${attachment.attachment}`);
  if (entry === null) return dead(walk, noted, () => zoneStop(gateway, from, attachment));
  const there = throughAcl(walk, noted, entry.id, 'in');
  return there === null ? nothing : intoTransit(walk, there, gateway, attachment.attachment, from.zone);
}

// The attachment's subnet in the sender's availability zone: without one the gateway takes nothing from that zone.
function zoneSubnet(walk: Walk, attachment: TransitAttachment, from: Subnet): Subnet | null | 'unknown' {
  const { index } = walk.compiled;
  if (attachment.subnets.includes(from.id)) return from;
  const subnets = attachment.subnets.map((id) => index.get('subnet', id));
  const here = subnets.find((subnet) => subnet !== null && subnet.zone !== null && subnet.zone === from.zone);
  if (here) return here;
  const isUntold = attachment.subnets.length === 0 || from.zone === null || subnets.some((one) => !one?.zone);
  return isUntold ? 'unknown' : null;
}

/**
 * A packet in a transit gateway that came out of one of its attachments: the table that is associated with that
 * attachment routes it. `zone`: where it came from, which a VPC attachment tries to keep.
 */
export function intoTransit(
  walk: Walk,
  flow: Flow,
  gateway: string,
  attachment: string,
  zone: string | null,
): Result {
  const { index } = walk.compiled;
  const key = passageOf(flow, gateway, attachment, zone);
  if (flow.hops >= hopsMax || flow.passed.includes(key)) return dead(walk, flow, () => loopStop(gateway));
  const from = index
    .find('transitAttachment', `attachment:${attachment}`)
    .find((one) => one.gateway === gateway);
  if (!from) return untold(walk, flow, `attachment ${attachment}`);
  const next = { ...flow, hops: flow.hops + 1, passed: [...flow.passed, key] };
  const noted = step(walk, next, 'transitAttachment', attachment);
  if (from.state === 'down') return dead(walk, noted, () => badState(attachment, gateway));
  const ready = from.state === 'unknown' ? unsure(walk, noted, `the state of ${attachment}`) : noted;
  if (from.table === null) return dead(walk, ready, () => noAssociation(attachment, gateway));
  const { table } = from;
  const map = walk.compiled.transitRoutes(table, flow.family);
  if (map === null) return untold(walk, ready, `transit gateway route table ${table}`);
  return followMap(walk, ready, map, `which route of ${table} is taken`, (taken, route) =>
    followTransit(walk, taken, from, table, route, zone),
  );
}

// What decides where a packet goes from here. Clients, ports and kept zones only ever become fewer on the way.
function passageOf(flow: Flow, gateway: string, attachment: string, zone: string | null): string {
  const { phase, source, destination, groupVpc, boxes, replyBoxes } = flow;
  return [
    gateway,
    attachment,
    zone,
    phase,
    source,
    destination,
    groupVpc,
    boxes.length,
    replyBoxes.length,
  ].join();
}

function followTransit(
  walk: Walk,
  flow: Flow,
  from: TransitAttachment,
  table: string,
  route: TransitRoute | null,
  zone: string | null,
): Result {
  if (route === null) return dead(walk, flow, () => noTransitRoute(walk, flow, table, from.gateway));
  const rule = { id: null, text: transitRouteText(route) };
  const next = step(walk, flow, 'transitTable', table, rule);
  if (route.isBlackhole) return dead(walk, next, () => blackholed(flow, table, from.gateway));
  if (route.attachments.length === 0) return untold(walk, next, `the routes of ${table}`);
  return allOf(
    walk,
    route.attachments.map((attachment) => outOfTransit(walk, next, from, attachment, zone)),
  );
}

function outOfTransit(
  walk: Walk,
  flow: Flow,
  from: TransitAttachment,
  attachment: string,
  zone: string | null,
): Result {
  const { index } = walk.compiled;
  const { gateway } = from;
  const { origin } = flow;
  const ends = index.find('transitAttachment', `attachment:${attachment}`);
  const to = ends.find((one) => one.gateway === gateway);
  const noted = step(walk, flow, 'transitAttachment', attachment);
  if (!to) return untold(walk, noted, `attachment ${attachment}`);
  if (to.state === 'down') return dead(walk, noted, () => badState(attachment, gateway));
  const ready = to.state === 'unknown' ? unsure(walk, noted, `the state of ${attachment}`) : noted;
  if (flow.phase === 'reply' && isEdge(flow)) {
    const isBack =
      origin.kind === 'transit' && origin.gateway === gateway && origin.attachment === attachment;
    return isBack ? finishReply(walk, ready) : dead(walk, ready, () => otherAttachment(attachment));
  }
  if (to.type === 'vpc') return intoVpc(walk, keepGroups(walk, ready, from, to), to, zone);
  if (to.type === 'peering') {
    const far = ends.find((one) => one.gateway !== gateway);
    if (!far) return untold(walk, ready, `the transit gateway behind ${attachment}`);
    return intoTransit(walk, { ...ready, groupVpc: null }, far.gateway, attachment, null);
  }
  if (flow.phase === 'reply' || isEdge(flow)) return dead(walk, ready, () => otherAttachment(attachment));
  if (flow.destination === 'client' || flow.source === 'client')
    return dead(walk, ready, () => otherAttachment(attachment));
  const there = step(walk, { ...ready, groupVpc: null }, 'premises', to.resource);
  return walk.isOneWay ? arrived(walk, there) : enterTransit(walk, turned(walk, there), gateway, attachment);
}

// Security groups are known across the gateway only where it and both attachments carry them.
function keepGroups(walk: Walk, flow: Flow, from: TransitAttachment, to: TransitAttachment): Flow {
  const gateway = walk.compiled.index.get('transitGateway', to.gateway);
  const isKept = gateway?.hasGroupReferencing && from.hasGroupReferencing && to.hasGroupReferencing;
  return isKept ? flow : { ...flow, groupVpc: null };
}

/**
 * Out of the gateway into a VPC, at the attachment's subnet in the zone of the sender where there is one. Otherwise,
 * and in appliance mode, the gateway chooses; in appliance mode it chooses the same on the way back.
 */
function intoVpc(walk: Walk, flow: Flow, to: TransitAttachment, zone: string | null): Result {
  const { index } = walk.compiled;
  if (index.get('vpc', to.resource) === null)
    return untold(walk, flow, `${to.resource} behind ${to.attachment}`);
  const kept = flow.kept.find(({ attachment }) => attachment === to.id)?.subnet;
  const subnets = to.subnets.map((id) => index.get('subnet', id));
  if (subnets.length === 0 || subnets.includes(null))
    return untold(walk, flow, `the subnets of ${to.attachment}`);
  const near = to.hasApplianceMode
    ? to.subnets.filter((id) => id === kept)
    : subnets.flatMap((subnet) => (subnet && zone !== null && subnet.zone === zone ? [subnet.id] : []));
  const chosen = near.length > 0 ? near.slice(0, 1) : to.subnets;
  return allOf(
    walk,
    chosen.map((subnet) => {
      const memory = to.hasApplianceMode ? [...flow.kept, { attachment: to.id, subnet }] : flow.kept;
      return fromSubnet(walk, { ...flow, kept: memory }, subnet);
    }),
  );
}

function zoneStop(gateway: string, from: Subnet, attachment: TransitAttachment) {
  return stopAt(
    'transitGateway',
    gateway,
    'tgw-az-restriction',
    'TGW_ROUTE_AZ_RESTRICTION',
    `${attachment.attachment} has no subnet in ${from.zone}, where ${from.id} lies.`,
    [from.id, attachment.attachment],
  );
}

function badAttachment(gateway: string, vpc: string) {
  return stopAt(
    'transitGateway',
    gateway,
    'bad-state',
    'BAD_STATE_ATTACHMENT',
    `${vpc} is not attached to ${gateway}.`,
    [vpc],
  );
}

function badState(attachment: string, gateway: string) {
  return stopAt(
    'transitAttachment',
    attachment,
    'bad-state',
    'BAD_STATE_ATTACHMENT',
    `${attachment} is not available.`,
    [gateway],
  );
}

function noAssociation(attachment: string, gateway: string) {
  return stopAt(
    'transitAttachment',
    attachment,
    'no-association',
    'TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION',
    `${attachment} is associated with no route table of ${gateway}.`,
    [gateway],
  );
}

function noTransitRoute(walk: Walk, flow: Flow, table: string, gateway: string) {
  const to = nameOf(walk, flow, flow.destination);
  return stopAt(
    'transitTable',
    table,
    flow.phase === 'reply' ? 'return-route' : 'no-route',
    'TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT',
    `${table} of ${gateway} has no route to ${to}.`,
    [gateway],
  );
}

function blackholed(flow: Flow, table: string, gateway: string) {
  const reason = flow.phase === 'reply' ? 'return-route' : 'blackhole';
  return stopAt('transitTable', table, reason, 'TGW_RTB_BAD_STATE_ROUTE', `${table} drops what goes there.`, [
    gateway,
  ]);
}

function otherAttachment(attachment: string) {
  return stopAt(
    'transitAttachment',
    attachment,
    'return-route',
    'NO_ROUTE_TO_DESTINATION',
    `The packet is routed to ${attachment}, which does not lead where it has to go.`,
  );
}

function loopStop(gateway: string) {
  return stopAt(
    'transitGateway',
    gateway,
    'loop',
    'NO_POSSIBLE_DESTINATION',
    `The routes lead in a circle at ${gateway}.`,
  );
}
