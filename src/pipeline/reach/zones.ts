import type { Family } from '../../model/address.ts';
import type { ComponentKind } from '../../model/exposure.ts';
import type { Interface } from '../../model/network.ts';
import type { Compiled } from './compiled.ts';
import { enterInternetGateway, enterPeering, enterTransit, enterVpn, gatewaysOf } from './walk/enter.ts';
import type { Flow, Origin, Result, Walk } from './walk/flow.ts';
import { newBudget, step, unsure } from './walk/flow.ts';
import { toRouter } from './walk/routing.ts';

/** A way into a VPC from outside it. */
export type Zone = {
  /** One text for the zone; equal zones have equal keys. */
  readonly key: string;
  readonly kind: 'internet' | 'peering' | 'vpnGateway' | 'transit' | 'unseenTransit';
  /** The component that findings name as the edge. */
  readonly edge: string;
  readonly vpc: string;
  /** The attachment on the far side, for transit gateways. */
  readonly attachment: string | null;
  /** The VPC whose groups the senders may be known by. */
  readonly groupVpc: string | null;
};

/** The kind of component that a zone's edge is. */
export function edgeKind(zone: Zone): ComponentKind {
  if (zone.kind === 'internet') return 'internetGateway';
  return zone.kind === 'unseenTransit'
    ? 'transitGateway'
    : zone.kind === 'transit'
      ? 'transitGateway'
      : zone.kind;
}

/** Every way into a VPC: its gateways, peerings and transit gateways, also those that only its routes tell of. */
export function zonesOf(compiled: Compiled, vpc: string): readonly Zone[] {
  return compiled.memo.get(`zones ${vpc}`, () => [
    ...gatewaysOf(plainWalk(compiled), vpc).map((id) => zone('internet', id, vpc)),
    ...peeringZones(compiled, vpc),
    ...vpnZones(compiled, vpc),
    ...transitZones(compiled, vpc),
  ]);
}

/** Sends a flow into the VPC from outside. The destination is the private address. */
export function enterZone(walk: Walk, flow: Flow, zone: Zone): Result {
  switch (zone.kind) {
    case 'internet':
      return enterInternetGateway(walk, flow, zone.edge, zone.vpc);
    case 'peering':
      return enterPeering(walk, flow, zone.edge, zone.vpc);
    case 'vpnGateway':
      return enterVpn(walk, flow, zone.edge, zone.vpc);
    case 'transit':
      return enterTransit(
        walk,
        step(walk, flow, 'transitGateway', zone.edge),
        zone.edge,
        zone.attachment ?? '',
      );
    case 'unseenTransit': {
      const noted = step(walk, flow, 'transitGateway', zone.edge);
      return toRouter(walk, unsure(walk, noted, `the attachments of ${zone.edge}`), zone.vpc);
    }
  }
}

/** Where replies to a zone's clients have to get out. */
export function originOf(zone: Zone): Origin {
  if (zone.kind === 'internet') return { kind: 'internet', gateway: zone.edge };
  if (zone.kind === 'peering' || zone.kind === 'vpnGateway') return { kind: zone.kind, id: zone.edge };
  return { kind: 'transit', gateway: zone.edge, attachment: zone.attachment ?? '' };
}

/** Whether the clients of a zone can address an interface's address at all. */
export function isAddressable(zone: Zone, address: Interface['addresses'][number], family: Family): boolean {
  if (address.private.family !== family) return false;
  return zone.kind !== 'internet' || family === 6 || address.public !== null;
}

/** A walk that computes and writes nothing down. */
export function plainWalk(compiled: Compiled): Walk {
  return {
    compiled,
    isExplaining: false,
    isOneWay: false,
    watched: null,
    names: new Map(),
    unseen: 'follow',
    arrivalVpc: undefined,
    arrivals: null,
    budget: newBudget(Number.POSITIVE_INFINITY),
  };
}

function zone(
  kind: Zone['kind'],
  edge: string,
  vpc: string,
  attachment: string | null = null,
  groupVpc: string | null = null,
): Zone {
  return { key: `${kind} ${edge} ${attachment ?? ''} ${vpc}`, kind, edge, vpc, attachment, groupVpc };
}

function peeringZones({ index }: Compiled, vpc: string): Zone[] {
  const seen = index.find('peering', `peerings:${vpc}`).filter(({ state }) => state !== 'down');
  return [...seen.map(({ id }) => id), ...routedTo(index, vpc, 'peering')].map((id) =>
    zone('peering', id, vpc),
  );
}

function vpnZones({ index }: Compiled, vpc: string): Zone[] {
  const seen = index.find('vpnGateway', `vpn:${vpc}`).filter(({ state }) => state !== 'down');
  return [...seen.map(({ id }) => id), ...routedTo(index, vpc, 'vpnGateway')].map((id) =>
    zone('vpnGateway', id, vpc),
  );
}

function transitZones({ index }: Compiled, vpc: string): Zone[] {
  const zones: Zone[] = [];
  const attached = new Set<string>();
  for (const own of index.find('transitAttachment', `attached:${vpc}`)) {
    attached.add(own.gateway);
    for (const far of index.find('transitAttachment', `attachments:${own.gateway}`)) {
      if (far.id === own.id || far.state === 'down') continue;
      const groupVpc = far.type === 'vpc' ? far.resource : null;
      zones.push(zone('transit', own.gateway, vpc, far.attachment, groupVpc));
    }
  }
  const tables = index.find('routeTable', `tables:${vpc}`);
  const routed = new Set(
    tables.flatMap(({ routes }) =>
      routes.flatMap(({ target }) => (target.kind === 'transitGateway' ? [target.id] : [])),
    ),
  );
  for (const id of routed) {
    if (attached.has(id)) continue;
    const isSeen =
      index.get('transitGateway', id) !== null &&
      index.find('transitAttachment', `attachments:${id}`).length > 0;
    if (!isSeen) zones.push(zone('unseenTransit', id, vpc));
  }
  return zones;
}

// Components that routes lead to and no document describes.
function routedTo(index: Compiled['index'], vpc: string, kind: 'peering' | 'vpnGateway'): string[] {
  const ids = index
    .find('routeTable', `tables:${vpc}`)
    .flatMap(({ routes }) => routes)
    .flatMap(({ target, isBlackhole }) => (target.kind === kind && !isBlackhole ? [target.id] : []))
    .filter((id) => index.get(kind, id) === null);
  return [...new Set(ids)];
}
